"""A template's own answer as HTML that other templates take as it is: everything in it was escaped there."""

from __future__ import annotations

from typing import Any

from flask import current_app
from markupsafe import Markup


def drawn(template: str, **parts: Any) -> Markup:
    """Return a template of the agency filled with these parts alone: nothing of the request, so it may be kept."""
    return Markup(current_app.jinja_env.get_template(f"agency/{template}").render(**parts))  # noqa: S704 - see above
