"""Time zones as people name them: by their own name, their city, a large city in them, or what everyone says."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from zoneinfo import available_timezones

from dash_portal.accounts.errors import FieldError
from time_zones import zone_of

_SAID: Final = MappingProxyType(
    {
        "America/New_York": ("Eastern", "ET", "EST", "EDT"),
        "America/Chicago": ("Central", "CT", "CST", "CDT"),
        "America/Denver": ("Mountain", "MT", "MST", "MDT"),
        "America/Phoenix": ("Arizona",),
        "America/Los_Angeles": ("Pacific", "PT", "PST", "PDT"),
        "America/Anchorage": ("Alaska", "AKT", "AKST", "AKDT"),
        "Pacific/Honolulu": ("Hawaii", "HT", "HST"),
        "America/Halifax": ("Atlantic", "AT", "AST", "ADT"),
        "America/St_Johns": ("Newfoundland", "NT", "NST", "NDT"),
        "UTC": ("GMT", "Z"),
    }
)
"""What people call a zone, the word that is shown first."""

_CITIES: Final = MappingProxyType(
    {
        "America/New_York": (
            "Atlanta",
            "Boston",
            "Charlotte",
            "Cleveland",
            "Miami",
            "Orlando",
            "Philadelphia",
            "Tampa",
        ),
        "America/Chicago": ("Austin", "Dallas", "Houston", "Kansas City", "Minneapolis", "Nashville", "New Orleans"),
        "America/Denver": ("Albuquerque", "Salt Lake City"),
        "America/Los_Angeles": ("Las Vegas", "Portland", "Sacramento", "San Diego", "San Francisco", "Seattle"),
        "America/Toronto": ("Ottawa",),
        "America/Edmonton": ("Calgary",),
    }
)
"""Large cities that have no zone of their own name."""


@lru_cache(maxsize=1)
def zone_choices() -> tuple[tuple[str, str], ...]:
    """Return every time zone with what it is called besides, those of the Americas first."""
    named = (zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
    ordered = (*sorted(named, key=lambda zone: (not zone.startswith("America/"), zone)), "UTC")
    return tuple((zone, ", ".join((_city(zone), *_SAID.get(zone, ())[:1], *_CITIES.get(zone, ())))) for zone in ordered)


def valid_timezone(written: str) -> str:
    """Return the name of the time zone that was meant. Raises FieldError where none is known, or more than one is."""
    meant = _zones_by_words().get(_words(written), frozenset())
    if len({_clock(zone) for zone in meant}) != 1:
        raise FieldError("timezone", "No time zone is called that. Type a city or a zone, such as New York or Eastern.")
    return min(meant)


@lru_cache(maxsize=1)
def _zones_by_words() -> dict[str, frozenset[str]]:
    """Return which zones are meant by what people write; a zone's own name is meant before any city or saying."""
    meant: dict[str, set[str]] = {}
    for zone, _label in zone_choices():
        for words in (_city(zone), *_SAID.get(zone, ()), *_CITIES.get(zone, ())):
            meant.setdefault(_words(words), set()).add(zone)
    names = {_words(zone): frozenset((zone,)) for zone in available_timezones()}
    by_saying = {_words(words): frozenset((zone,)) for zone, sayings in _SAID.items() for words in sayings}
    return {words: frozenset(zones) for words, zones in meant.items()} | names | by_saying


def _clock(zone: str) -> tuple[object, ...]:
    """Return how a zone's clock goes in winter and summer: old names of a zone mean the same one."""
    return tuple(datetime(2026, month, 1, tzinfo=zone_of(zone)).utcoffset() for month in (1, 7))


def _city(zone: str) -> str:
    return zone.rpartition("/")[2].replace("_", " ")


def _words(written: str) -> str:
    """Return what is compared: Eastern Standard Time and eastern are the same, New_York and new york too."""
    words = written.replace("_", " ").casefold().split()
    while len(words) > 1 and words[-1] in {"time", "standard", "daylight"}:
        words.pop()
    return " ".join(words)
