"""How wide the reader's screen is, as the browser said with its request (`assets/first/screen.js`)."""

from __future__ import annotations

from flask import request

from dash_portal.accounts.key_holder import asks_with_key


def is_narrow() -> bool:
    """Tell whether the screen is a phone's: charts are then drawn with less room for names."""
    return not asks_with_key() and request.cookies.get("narrow") == "yes"
