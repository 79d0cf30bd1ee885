"""The one type everything here passes around."""

from typing import Any

# A record as the API sends it: the values are whatever JSON can say, and odd ones are the point.
WireRow = dict[str, Any]
