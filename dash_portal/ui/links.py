"""Links that change the view. `assets/navigation.js` follows them without a page load."""

from __future__ import annotations

from typing import Any

from dash_portal.ui.attributes import attributes
from dash_portal.ui.markup import Part, html
from dash_portal.view import View


def view_link(children: Any, view: View, *, label: str | None = None, **others: Any) -> Part:
    """Return a link to another view of the same page; the scroll position stays."""
    spoken = attributes({} if label is None else {"aria-label": label})
    return html.A(children, href=view.href, **attributes({"data-nav": "view"}), **spoken, **others)


def page_link(children: Any, view: View, **others: Any) -> Part:
    """Return a link to another page, shown from its top."""
    return html.A(children, href=view.href, **attributes({"data-nav": "page"}), **others)


def plain_link(children: Any, href: str, **others: Any) -> Part:
    """Return an ordinary link, which loads what it leads to."""
    return html.A(children, href=href, **others)
