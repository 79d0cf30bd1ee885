"""Components as plain data: finished once, sent many times."""

from __future__ import annotations

from typing import Any

from dash.development.base_component import Component


def plain(part: Any) -> Any:
    """Return a tree of components as the plain dicts and lists that it is sent as, ready to be kept."""
    if isinstance(part, Component):
        made = part.to_plotly_json()  # type: ignore[no-untyped-call]
        return {
            "props": {name: plain(value) for name, value in made["props"].items()},
            "type": made["type"],
            "namespace": made["namespace"],
        }
    if isinstance(part, list | tuple):
        return [plain(one) for one in part]
    if isinstance(part, dict):
        if "namespace" in part:
            return part  # finished before
        return {name: plain(value) for name, value in part.items()}
    return part
