"""The dashboards as tabs, in their order: on the dashboards themselves, and on the plain pages of who is signed in."""

from __future__ import annotations

from typing import Final

TABS: Final = (
    ("/leads", "Leads"),
    ("/pipeline", "Pipeline"),
    ("/hot-list", "Hot list"),
    ("/notes", "Notes"),
    ("/schedule", "Schedule"),
)
