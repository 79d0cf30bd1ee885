"""The operator's file of wire names: how a new or changed API is understood without a release of the product.

    [leads]                                        # a resource
    created = ["created_on", "created"]            # a field of ours: the wire names that may hold it, in order
    lead_source = "source.name"                    # a name within an object

    [calls.leads]                                  # how the resource's call is asked for pages
    limit = "per_page"
    offset = "start"
    page_size = 50

docs/clienttether.md tells how to write one from the output of `python -m sync probe`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from models import Resource
from settings import ConfigurationError
from sync.api.parameters import PAGE_SIZE, CallParameters
from sync.mapping.field_names import AS_DOCUMENTED, FieldNames
from sync.mapping.records import KINDS

_VARIABLE: Final = "CLIENTTETHER_FIELDS"
_CALLS: Final = "calls"
_PARAMETER: Final = re.compile(r"[A-Za-z0-9_.\[\]-]{1,40}")
_LARGEST_FILE: Final = 100_000


@dataclass(frozen=True, eq=False)
class FieldFile:
    """What an operator has found out: where fields stand, and how calls are asked for pages."""

    names: FieldNames = AS_DOCUMENTED
    calls: Mapping[Resource, CallParameters] = field(default_factory=dict)


NO_FIELD_FILE: Final = FieldFile()


def load_field_file(path: Path | None) -> FieldFile:
    """Read the file; without one all is as documented.

    Raises ConfigurationError with one line that says what is wrong.
    """
    if path is None:
        return NO_FIELD_FILE
    try:
        text = path.read_bytes()
        if len(text) > _LARGEST_FILE:
            raise _wrong("is larger than 100 KB")
        content = tomllib.loads(text.decode())
    except OSError as away:
        raise _wrong(f"names a file that can't be read ({type(away).__name__})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as malformed:
        first_line = str(malformed).splitlines()[0]
        raise _wrong(f"names a file that is no TOML: {first_line}") from None
    calls = _table(content.pop(_CALLS, {}), f"[{_CALLS}]")
    return FieldFile(
        FieldNames({_resource(name): _names_of(_resource(name), table) for name, table in content.items()}),
        {_resource(name): _parameters(name, table) for name, table in calls.items()},
    )


def _resource(name: str) -> Resource:
    try:
        return Resource(name)
    except ValueError:
        raise _wrong(f"has [{name}], which is no resource: take one of {', '.join(Resource)}") from None


def _names_of(resource: Resource, table: Any) -> dict[str, tuple[str, ...]]:
    known = {each.name for each in KINDS[resource].fields}
    names = {}
    for name, wire_names in _table(table, f"[{resource}]").items():
        if name not in known:
            raise _wrong(f"has {name!r} in [{resource}], which is none of its fields: {', '.join(sorted(known))}")
        listed = [wire_names] if isinstance(wire_names, str) else wire_names
        if not isinstance(listed, list) or not listed or not all(isinstance(each, str) and each for each in listed):
            raise _wrong(f"needs a wire name or a list of them for {name!r} in [{resource}]")
        names[name] = tuple(listed)
    return names


def _parameters(name: str, table: Any) -> CallParameters:
    where = f"[{_CALLS}.{name}]"
    given = _table(table, where)
    unknown = sorted(given.keys() - {"limit", "offset", "page_size"})
    if unknown:
        raise _wrong(f"has {unknown[0]!r} in {where}: it takes limit, offset and page_size")
    for parameter in ("limit", "offset"):
        value = given.get(parameter, parameter)
        if not isinstance(value, str) or not _PARAMETER.fullmatch(value):
            raise _wrong(f"needs the name of a parameter for {parameter!r} in {where}")
    size = given.get("page_size", PAGE_SIZE)
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= PAGE_SIZE:
        raise _wrong(f"needs a whole number from 1 to {PAGE_SIZE} for 'page_size' in {where}")
    return CallParameters(**given)


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(f"needs a table for {where}")
    return value


def _wrong(what: str) -> ConfigurationError:
    return ConfigurationError(f"{_VARIABLE} {what}")
