"""HTML as the plain data that Dash sends.

A page has about a thousand elements. Dash's own classes take 25 microseconds for each, most of it to look through a
hundred names twice, so the elements are made as finished data here. A misspelt attribute is refused just the same.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any, Final, TypeAlias

import dash
from dash.development.base_component import Component

Part: TypeAlias = dict[str, Any]
"""An element with all that is in it: its type, its library's namespace, its properties."""

HTML: Final = "dash_html_components"
"""The namespace of what becomes an element of the same name."""
_ANY_NAME: Final = ("data-", "aria-")


class Library:
    """The elements of one of Dash's libraries by their names: `html.Div(children, id="here")`."""

    def __init__(self, module: Any) -> None:
        """Offer what this module of Dash's offers."""
        self._module = module

    def __getattr__(self, name: str) -> Callable[..., Part]:
        """Return what makes elements of this name; kept, so that it is asked for once."""
        made = _maker(getattr(self._module, name))
        setattr(self, name, made)
        return made


def _maker(component: type[Component]) -> Callable[..., Part]:
    known = frozenset(signature(component).parameters)
    name, namespace = component._type, component._namespace  # noqa: SLF001 - how Dash says it

    def make(children: Any = None, **properties: Any) -> Part:
        for unknown in properties.keys() - known:
            if not unknown.startswith(_ANY_NAME):
                raise TypeError(f"{name} has no attribute {unknown}")
        if children is not None:
            properties["children"] = children
        return {"props": properties, "type": name, "namespace": namespace}

    return make


html: Final = Library(dash.html)
dcc: Final = Library(dash.dcc)


def field(**properties: Any) -> Part:
    """Return an input field of which Dash knows nothing: the browser alone holds what is typed."""
    return {"props": properties, "type": "Input", "namespace": HTML}


def plain(component: Component) -> Part:
    """Return a component of Dash's own as such data; nothing in it is looked into."""
    made: Part = component.to_plotly_json()  # type: ignore[no-untyped-call]
    return made
