"""What quirks make of an account's records: pure functions from rows as they are to rows as they are sent."""

import html
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from emulator.quirks import Quirk
from emulator.rows import WireRow
from emulator.stages import CONTACT_TYPES

CAPPED_HISTORY: Final = 2
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?")
_STARTS: Final = ("start_date", "scheduled_at")
_ENDS: Final = ("end_date", "end")
_NOTE_IDS: Final = ("note_id", "history_id")
_STAGE_FIELDS: Final = ("clients_sales_cycle", "contact_sales_cycle")
_SHARES: Final = ("likelihood_to_close", "odds")
# Fields of the known API in the words of an API that chose all of them anew.
_OWN_NAMES: Final = {
    "client_id": "person_no",
    "contact_id": "person_no",
    "opportunity_id": "deal_no",
    "sales_cycle_id": "column_no",
    "note_id": "entry_no",
    "history_id": "entry_no",
    "event_id": "slot_no",
    "firstName": "given",
    "lastName": "family",
    "compName": "firm",
    "email": "mailbox",
    "contact_type": "role_code",
    "clients_sales_cycle": "column_label",
    "contact_sales_cycle": "column_label",
    "sales_cycle_name": "label",
    "sales_cycle_active_status": "on_board",
    "sales_cycle_order": "rank",
    "likelihood_to_close": "chance",
    "odds": "chance",
    "clients_lead_source": "came_from",
    "contact_lead_source": "came_from",
    "clients_action_plan": "playbook",
    "contact_action_plan": "playbook",
    "deal_size": "fee",
    "assigned_user": "owner",
    "created": "entered_at",
    "date_added": "entered_at",
    "last_modified_date": "touched_at",
    "note": "body",
    "content": "body",
    "user_name": "written_by",
    "created_by": "written_by",
    "type": "sort",
    "note_type": "sort",
    "event_type": "sort",
    "start_date": "begins",
    "scheduled_at": "begins",
    "end_date": "finishes",
    "end": "finishes",
    "title": "headline",
    "subject": "headline",
    "client_name": "with_whom",
    "contact_name": "with_whom",
    "description": "details",
    "notes": "details",
    "status": "standing",
    "state": "region",
}
StageIds = Mapping[tuple[str, str], str]
"""The id of each stage by its contact type and its name in lower case."""


def quirky_rows(quirks: frozenset[Quirk], rows: Sequence[Any], stage_ids: StageIds) -> list[Any]:
    """Return all rows of a list (not only a page of it) as an account with these quirks sends them."""
    sent = list(rows)
    for quirk, change in _OF_LISTS.items():
        if quirk in quirks:
            sent = change(sent)
    if Quirk.STAGE_IDS in quirks:
        sent = [_with_stage_ids(row, stage_ids) for row in sent]
    for row_quirk, change_row in _OF_ROWS.items():
        if row_quirk in quirks:
            sent = [change_row(row) for row in sent]
    return sent


def _capped(rows: list[Any]) -> list[Any]:
    """Only the newest entries of a history are told."""
    is_history = bool(rows) and any(key in rows[0] for key in _NOTE_IDS)
    return rows[-CAPPED_HISTORY:] if is_history else rows


def _numbered_per_contact(rows: list[Any]) -> list[Any]:
    """Count notes from 1 within each contact."""
    return [row | {key: str(place) for key in _NOTE_IDS if key in row} for place, row in enumerate(rows, start=1)]


def _recurring(rows: list[Any]) -> list[Any]:
    """Make every third appointment an occurrence of the one before it, under the same id at its own time."""
    return [
        row | {"event_id": rows[place - 1]["event_id"]} if place % 3 == 2 and "event_id" in row else row
        for place, row in enumerate(rows)
    ]


def _doubled(rows: list[Any]) -> list[Any]:
    """Every tenth row twice, as a join upstream makes it, and counted twice."""
    return [row for place, row in enumerate(rows) for _ in range(1 if place % 10 else 2)]


def _with_stage_ids(row: WireRow, stage_ids: StageIds) -> WireRow:
    changed = dict(row)
    for key in _STAGE_FIELDS:
        if str(row.get(key) or "").strip():
            place = (str(row.get("contact_type")), row[key].strip().casefold())
            changed[key] = stage_ids.get(place, row[key])
    return changed


def _values(row: WireRow, keys: Sequence[str], change: Callable[[Any], Any]) -> WireRow:
    return {key: change(value) if key in keys else value for key, value in row.items()}


def _with_type_words(row: WireRow) -> WireRow:
    return _values(row, ("contact_type",), lambda value: CONTACT_TYPES.get(str(value), value))


def _with_fractions(row: WireRow) -> WireRow:
    def fraction(value: Any) -> Any:
        digits = str(value).rstrip("%")
        return f"{int(digits) / 100:g}" if digits.isdecimal() else value

    return _values(row, _SHARES, fraction)


def _with_active_words(row: WireRow) -> WireRow:
    return _values(row, ("sales_cycle_active_status",), lambda value: "Yes" if value == "1" else "No")


def _dates(row: WireRow, day: str, hour: str) -> WireRow:
    """Write every date in another form; one without an hour is not given one."""

    def write(value: Any) -> Any:
        if not isinstance(value, str) or not _DATE.fullmatch(value) or value.startswith("0000"):
            return value
        return datetime.fromisoformat(value).strftime(day + hour if " " in value else day)

    return {key: write(value) for key, value in row.items()}


def _us_dates(row: WireRow) -> WireRow:
    return _dates(row, "%m/%d/%Y", " %H:%M:%S")


def _iso_dates(row: WireRow) -> WireRow:
    return _dates(row, "%Y-%m-%d", "T%H:%M:%S")


def _date_only(row: WireRow) -> WireRow:
    return _dates(row, "%Y-%m-%d", "")


def _zero_dates(row: WireRow) -> WireRow:
    """Put no date into the field that is read first, and the real one beside it under another known name."""
    if "created" not in row:
        return row
    return row | {"created": "0000-00-00 00:00:00", "date_added": row["created"]}


def _ambiguous(row: WireRow) -> WireRow:
    def grouped(value: Any) -> Any:
        digits = re.sub(r"\.00$|[$,]", "", str(value or ""))
        return f"{int(digits):,}".replace(",", ".") if digits.isdecimal() else value

    return _values(row, ("deal_size",), grouped)


def _texts(row: WireRow, change: Callable[[str], str]) -> WireRow:
    names = ("firstName", "lastName", "compName", "clients_lead_source", "contact_lead_source", "sales_cycle_name")
    return _values(row, names, lambda value: change(value) if isinstance(value, str) else value)


def _entities(row: WireRow) -> WireRow:
    return _texts(row, lambda text: html.escape(text).replace("&#x27;", "&#039;"))


def _decomposed(row: WireRow) -> WireRow:
    return _texts(row, lambda text: unicodedata.normalize("NFD", text))


def _in_lines(row: WireRow) -> WireRow:
    """Put line ends and tabs into long texts."""
    texts = ("whiteboard", "note", "content", "description")
    return _values(row, texts, lambda value: re.sub(r"([.:]) ", "\\1\n\t", value) if isinstance(value, str) else value)


def _without_note_id(row: WireRow) -> WireRow:
    return {key: value for key, value in row.items() if key not in _NOTE_IDS}


def _all_day(row: WireRow) -> WireRow:
    """Appointments last whole days: the day they begin to the day after, without hours."""
    changed = dict(row)
    for start_key, end_key in zip(_STARTS, _ENDS, strict=True):
        if start_key in row:
            day = datetime.fromisoformat(row[start_key]).date()
            changed |= {start_key: str(day), end_key: str(day + timedelta(days=1)), "all_day": "1"}
    return changed


def _nested(row: WireRow) -> WireRow:
    """Make an object of a person's name, and of who looks after them."""
    changed = {key: value for key, value in row.items() if key not in ("firstName", "lastName")}
    if "firstName" in row:
        changed["name"] = {"first": row["firstName"], "last": row["lastName"]}
    if isinstance(row.get("assigned_user"), str) and not row["assigned_user"].startswith("{"):
        changed["assigned_user"] = {"id": "1", "name": row["assigned_user"]}
    return changed


def _snake(key: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower()


def _camel(key: str) -> str:
    head, *rest = key.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def _renamed(rename: Callable[[str], str]) -> Callable[[WireRow], WireRow]:
    return lambda row: {rename(key): value for key, value in row.items()}


_OF_LISTS: Final[dict[Quirk, Callable[[list[Any]], list[Any]]]] = {
    Quirk.CAPPED_HISTORIES: _capped,
    Quirk.NOTE_IDS_PER_CONTACT: _numbered_per_contact,
    Quirk.RECURRING_EVENTS: _recurring,
    Quirk.DOUBLED_ROWS: _doubled,
}
# In this order: values while their fields still bear the known names, then the names.
_OF_ROWS: Final[dict[Quirk, Callable[[WireRow], WireRow]]] = {
    Quirk.TYPE_WORDS: _with_type_words,
    Quirk.LIKELIHOOD_FRACTIONS: _with_fractions,
    Quirk.ACTIVE_WORDS: _with_active_words,
    Quirk.ALL_DAY_EVENTS: _all_day,
    Quirk.US_DATES: _us_dates,
    Quirk.ISO_DATES: _iso_dates,
    Quirk.DATE_ONLY: _date_only,
    Quirk.ZERO_DATES: _zero_dates,
    Quirk.AMBIGUOUS_AMOUNTS: _ambiguous,
    Quirk.ENTITIES: _entities,
    Quirk.DECOMPOSED_LETTERS: _decomposed,
    Quirk.CONTROL_CHARACTERS: _in_lines,
    Quirk.NOTES_WITHOUT_IDS: _without_note_id,
    Quirk.NESTED_NAMES: _nested,
    Quirk.OWN_NAMES: _renamed(lambda key: _OWN_NAMES.get(key, key)),
    Quirk.SNAKE_CASE: _renamed(_snake),
    Quirk.CAMEL_CASE: _renamed(_camel),
}
