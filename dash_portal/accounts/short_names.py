"""The short name of a brand, which stands in addresses: what it may look like, and the one that a name suggests."""

from __future__ import annotations

import re
from typing import Final

from accents import unaccented
from dash_portal.accounts.errors import FieldError

_SHORT_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST: Final = 63


def valid_slug(slug: str) -> str:
    """Return the short name that stands in addresses. Raises FieldError when it is malformed."""
    slug = slug.strip()
    if not _SHORT_NAME.fullmatch(slug):
        raise FieldError("slug", "A brand's short name is made of small letters, digits and hyphens, 63 at most.")
    return slug


def suggested_slug(name: str) -> str:
    """Return the short name that a brand's name suggests: zoes-cafe for Zoë's Café; "" where it has no letters."""
    letters = re.sub(r"['’]", "", unaccented(name) or "")  # noqa: RUF001 - a typographic apostrophe
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:_LONGEST].strip("-")
