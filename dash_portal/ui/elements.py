"""What no callback changes is sent as plain elements, drawn by one component of our own (`assets/elements.js`).

Dash looks at each of its components at every step of every callback: a page of a thousand of them answers a click half
a second later. So only what a callback changes, and what has a mind of its own (a chart, a store, the table of notes),
stays a component of Dash's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final, TypeAlias

from dash_portal.ui.markup import HTML, Part

Element: TypeAlias = list[Any] | str | int | float
"""An element as the browser draws it: its tag, its attributes, and what is in it; or a text."""

_ONLY_FOR_DASH: Final = frozenset({"children", "disable_n_clicks"})


def elements(content: Any, changed: Collection[str] = ()) -> list[Part]:
    """Return content in which as much as may be is drawn by our own component.

    `changed` are the ids of what callbacks change; that, and all around it, stays as it is.
    """
    return [part for run in _runs(content, changed) for part in run]


def _runs(content: Any, changed: Collection[str]) -> Iterator[list[Part]]:
    """Yield, in order, each part that stays as it is, and one component for each run of elements between them."""
    run: list[Element] = []
    for part in _flat(content):
        element = _element(part, changed)
        if element is not None:
            run.append(element)
            continue
        yield _drawn(run)
        run = []
        within = elements(part["props"].get("children"), changed)
        yield [part | {"props": part["props"] | ({"children": within} if within else {})}]
    yield _drawn(run)


def _drawn(run: list[Element]) -> list[Part]:
    return [{"props": {"nodes": run}, "type": "Elements", "namespace": "portal_elements"}] if run else []


def _element(part: Any, changed: Collection[str]) -> Element | None:
    """Return a part as an element, or nothing where it, or something in it, has to stay a component of Dash's."""
    if not isinstance(part, dict):
        text: str | int | float = part
        return text
    properties = part["props"]
    if part["namespace"] != HTML or properties.get("id") in changed:
        return None
    element = [
        part["type"].lower(),
        {name: value for name, value in properties.items() if name not in _ONLY_FOR_DASH} or None,
    ]
    for child in _flat(properties.get("children")):
        within = _element(child, changed)
        if within is None:
            return None
        element.append(within)
    return element


def _flat(content: Any) -> Iterator[Any]:
    """Yield parts and texts; lists within lists are gone through, and what is nothing is left out."""
    if isinstance(content, list | tuple):
        for part in content:
            yield from _flat(part)
    elif content is not None:
        yield content
