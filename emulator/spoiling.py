"""How a list goes wrong: pure functions from what should be sent to what is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulator.faults import Fault, FaultRule

# The faults that lie in a list's rows.
ROW_FAULTS: Final = frozenset(
    {
        Fault.SHORT_PAGE,
        Fault.REPEATED_PAGE,
        Fault.ENDLESS_LIST,
        Fault.DUPLICATE_ROWS,
        Fault.SHRUNK_LIST,
        Fault.UNREADABLE_ROWS,
        Fault.ODD_FIELDS,
        Fault.CAPPED_PAGES,
        Fault.PAGE_NUMBERS,
        Fault.IGNORED_PAGING,
        Fault.ODD_TOTALS,
    }
)


@dataclass(frozen=True, slots=True)
class ServedPage:
    """The rows of one answer and the total beside them (None: not told)."""

    rows: list[Any]
    total: int | None


def whole_page(rows: Sequence[Any], offset: int, limit: int | None) -> ServedPage:
    """Return the page as it should be."""
    return ServedPage(list(rows[offset:] if limit is None else rows[offset : offset + limit]), len(rows))


def spoiled_page(rule: FaultRule, rows: Sequence[Any], offset: int, limit: int | None, *, id_key: str) -> ServedPage:
    """Return the page as `rule` makes it; faults that are none of a list's leave it whole."""
    page = whole_page(rows, offset, limit)
    match rule.fault:
        case Fault.SHORT_PAGE:
            return ServedPage(page.rows[: len(page.rows) - max(1, round(len(page.rows) * rule.share))], page.total)
        case Fault.REPEATED_PAGE:
            return whole_page(rows, 0, limit)
        case Fault.ENDLESS_LIST:
            return _endless(rows, offset, limit, id_key)
        case Fault.DUPLICATE_ROWS:
            return ServedPage(whole_page(_with_duplicates(rows), offset, limit).rows, len(rows))
        case Fault.SHRUNK_LIST:
            return whole_page(rows[: len(rows) - round(len(rows) * rule.share)], offset, limit)
        case Fault.UNREADABLE_ROWS:
            return ServedPage(
                [_unreadable(i, row, rule, id_key) for i, row in enumerate(page.rows, offset)], page.total
            )
        case Fault.ODD_FIELDS:
            return ServedPage([_odd(i, row, rule) for i, row in enumerate(page.rows, offset)], page.total)
        case Fault.ODD_TOTALS:
            return ServedPage(page.rows, _odd_total(rule, page, offset))
        case _:
            return _paged_otherwise(rule, rows, offset, limit)


def _paged_otherwise(rule: FaultRule, rows: Sequence[Any], offset: int, limit: int | None) -> ServedPage:
    """Return the page of a server with habits of its own; it may tell no total either."""
    match rule.fault:
        case Fault.CAPPED_PAGES:
            page = whole_page(rows, offset, min(limit or rule.rows, rule.rows))
        case Fault.PAGE_NUMBERS:
            first, length = int(rule.variant.startswith("from_1")), limit or 100
            page = whole_page(rows, max(offset - first, 0) * length, length)
        case Fault.IGNORED_PAGING:
            page = whole_page(rows, 0, None)
        case _:
            page = whole_page(rows, offset, limit)
    return ServedPage(page.rows, None if rule.variant.endswith("untold") else page.total)


def _odd_total(rule: FaultRule, page: ServedPage, offset: int) -> int | None:
    """Return what a total says that is not the number of the list's rows."""
    true = page.total or 0
    totals: dict[str, int | None] = {
        "absent": None,
        "page": len(page.rows),
        "zero": 0,
        "capped": min(true, rule.rows),
        "low": max(true - rule.rows, 0),
        "high": true + rule.rows,
        "remaining": max(true - offset, 0),
    }
    return totals[rule.variant]


def _endless(rows: Sequence[Any], offset: int, limit: int | None, id_key: str) -> ServedPage:
    """Behind the last row come copies under new ids, for ever, and no total is told."""
    wanted = range(offset, offset + (len(rows) + 100 if limit is None else limit))
    source = rows or [{id_key: "0"}]
    invented = [rows[i] if i < len(rows) else {**source[i % len(source)], id_key: f"99{i:010}"} for i in wanted]
    return ServedPage(invented, None)


def _with_duplicates(rows: Sequence[Any]) -> list[Any]:
    """Every tenth row twice (the first one always), as a join upstream would make it."""
    return [row for i, row in enumerate(rows) for _ in range(1 if i % 10 else 2)]


def _is_touched(i: int, share: float) -> bool:
    """Spread evenly: of any n rows in a row, about n x share."""
    return int((i + 1) * share + 1e-9) > int(i * share + 1e-9)


def _unreadable(i: int, row: Any, rule: FaultRule, id_key: str) -> Any:
    if not _is_touched(i, rule.share):
        return row
    without_id = {key: value for key, value in row.items() if key != id_key}
    wrecks: tuple[Any, ...] = (
        "<tr><td>not a record</td></tr>",
        without_id,
        None,
        {**row, id_key: None},
        [],
        17,
        {**row, id_key: {}},
        {},
    )
    return wrecks[int(i * rule.share + 1e-9) % len(wrecks)]


# By field-name fragment, in this order: a value of a shape that has no business there.
_ODD_VALUES: Final[tuple[tuple[str, Any], ...]] = (
    ("deal_size", "ninety"),
    ("created", "the day before yesterday"),
    ("date", ["2026-13-45 99:00:00"]),
    ("scheduled_at", 1_700_000_000_000),
    ("start", {"date": "soon"}),
    ("email", ["a@example.com", {"b": None}]),
    ("assigned_user", '{"first_name": ['),
    ("user_name", {"first": ["x"]}),
    ("whiteboard", {"html": "<p>"}),
    ("city", 1.5e308),
    ("phone", True),
    ("likelihood", "very"),
    ("odds", -40),
    ("order", "third"),
    ("compName", "\x00\x1b[31m\u202e"),
    ("zip", [[]]),
    ("firstName", ["Pat"]),
    ("status", {"code": 3}),
)


def _odd(i: int, row: Any, rule: FaultRule) -> Any:
    """Return the row with its id, its type and its stage's name left alone, and other fields of unexpected shapes."""
    if not _is_touched(i, rule.share):
        return row
    kept = ("_id", "contact_type", "sales_cycle", "active_status", "category")
    odd = dict(row)
    for key in row:
        if not any(part in key for part in kept) or key in ("likelihood_to_close", "sales_cycle_order"):
            odd[key] = next((value for part, value in _ODD_VALUES if part in key), row[key])
    return odd
