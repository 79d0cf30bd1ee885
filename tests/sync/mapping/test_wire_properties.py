"""Whatever the wire sends: reading it never fails, never lets anything harmful through, and keeps money exact."""

from __future__ import annotations

import json
import re
import unicodedata
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from markup import plain_text
from models import Mirrored
from sync.api.envelope import read_envelope
from sync.failures import PullError
from sync.mapping.records import (
    CONTACTS,
    EVENTS,
    NOTES,
    OPPORTUNITIES,
    STAGES,
    RecordKind,
    UnreadableRecordError,
    record_id,
)
from sync.mapping.rows import (
    are_shares_of_one,
    event_row,
    hot_list_rows,
    hot_stages,
    lead_row,
    note_row,
    opportunity_rows,
    stage_rows,
    to_utc,
    whole_percents,
)
from sync.mapping.stage_names import stage_names
from sync.mapping.wire_record import WireRecord
from sync.mapping.wire_text import sanitise_html
from sync.mapping.wire_values import OddValueError, as_line, as_money, as_percent, as_time
from sync.reading.resources import EVENTS_TABLE, LEADS_TABLE, NOTES_TABLE, OPPORTUNITIES_TABLE, STAGES_TABLE
from sync.storing.derived import HOT_LIST_TABLE

ZONE = ZoneInfo("America/New_York")
HTML_COLUMNS = {"whiteboard", "content", "description"}
KINDS: dict[str, tuple[RecordKind, Any, Any]] = {
    "leads": (CONTACTS, lambda record: [lead_row(record, ZONE)], LEADS_TABLE),
    "deals": (OPPORTUNITIES, lambda record: opportunity_rows([record], ZONE), OPPORTUNITIES_TABLE),
    "stages": (STAGES, lambda record: stage_rows([record]), STAGES_TABLE),
    "notes": (NOTES, lambda record: [note_row(record, "1", ZONE)], NOTES_TABLE),
    "events": (EVENTS, lambda record: [event_row(record, ZONE)], EVENTS_TABLE),
}
HOSTILE = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        "<svg/onload=alert(1)>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "\x00\x1b[31m\u202e\ud800",
        "<p style='position:fixed'>x",
        "&#0;&#x202e;",
        "<iframe src=//x>",
        "$1,234.565",
        "(500)",
        "1e99999",
        "NaN",
        "50%",
        "101%",
        "0000-00-00 00:00:00",
        "2026-02-30",
        "0001-01-01",
        "9999-12-31T23:59:59+14:00",
        "13/13/2026",
        '{"first_name": "A", "last_name": ["x"]}',
        "[[[[",
        "9" * 400,
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | HOSTILE | st.text().map(lambda t: f"<b>{t}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def wire_rows(kind: RecordKind) -> st.SearchStrategy[Any]:
    known = dict.fromkeys(sorted(kind.reading().known), VALUES)
    return st.fixed_dictionaries({}, optional=known) | VALUES


class _Looker(HTMLParser):
    """Sees markup as a browser's tokeniser would, and remembers what could act."""

    def __init__(self) -> None:
        super().__init__()
        self.harmful: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {
            "script",
            "style",
            "iframe",
            "object",
            "embed",
            "form",
            "input",
            "img",
            "svg",
            "link",
            "meta",
            "base",
        }:
            self.harmful.append(tag)
        for name, value in attrs:
            address = re.sub(r"\s", "", value or "").lower()
            if name.startswith("on") or name in {"style", "srcdoc"} or address.startswith(("javascript:", "data:")):
                self.harmful.append(f"{tag} {name}={value}")


def is_clean(text: str) -> bool:
    return not any(
        unicodedata.category(character) in {"Cc", "Cs"} and character not in "\t\n\r" for character in text
    ) and not any(character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" for character in text)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_any_row_is_read_or_set_aside_and_what_lands_is_harmless(name: str) -> None:
    kind, to_rows, mirror = KINDS[name]

    @settings(max_examples=150, deadline=None)
    @given(wire_rows(kind))
    def check(raw: Any) -> None:
        try:
            identity = record_id(raw, kind.id_names)
        except UnreadableRecordError:
            return
        record = kind.read(WireRecord(raw, identity, kind.reading()))
        for row in to_rows(record):
            assert set(row) == set(mirror.names)
            for column, value in row.items():
                check_value(column, value)

    check()


def check_value(column: str, value: object) -> None:
    if isinstance(value, str):
        assert is_clean(value), (column, value)
        value.encode()
        if column in HTML_COLUMNS:
            looker = _Looker()
            looker.feed(value)
            assert not looker.harmful
    if isinstance(value, datetime):
        assert value.tzinfo is UTC
    if isinstance(value, Decimal):
        assert value == value.quantize(Decimal("0.01"))
        assert abs(value) < 10**10


@given(st.text() | HOSTILE)
@example("0\r\xa00")
def test_sanitising_twice_is_sanitising_once(markup: str) -> None:
    once = sanitise_html(markup)
    assert sanitise_html(once) == once
    assert is_clean(plain_text(once))


# All that a note is usually made of, in any order: closed and left open, nested as HTML allows it and as it does not.
_BITS = st.sampled_from(
    [
        f"<{slash}{tag}>"
        for tag in ("p", "blockquote", "ul", "ol", "li", "b", "i", "em", "strong", "u")
        for slash in ("", "/")
    ]
    + [
        "<br>",
        "<br/>",
        "<p >",
        "<B>",
        "<b x=1>",
        "<script>",
        "&amp;",
        "&lt;",
        "&gt;",
        "&quot;",
        "&#39;",
        "&#039;",
        "&nbsp;",
    ]
    + ["&mdash;", "&amp", "&", "<", ">", '"', "'", "word", " ", "\n", "\r\n", "\t", "\xa0", "é", "<!-- -->"]
)
_PARAGRAPHS = st.lists(_BITS, max_size=4).map(lambda bits: f"<p>{''.join(bits)}</p>")


@settings(max_examples=1_500, deadline=None)
@given(st.lists(_BITS | _PARAGRAPHS, max_size=8).map("".join))
def test_markup_that_is_known_to_be_harmless_is_what_the_cleaner_gives_back(markup: str) -> None:
    quickly = sanitise_html(markup)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sync.mapping.wire_text._HARMLESS", re.compile(r"(?!)"))
        assert sanitise_html(markup) == quickly
        assert sanitise_html(quickly) == quickly


@pytest.mark.parametrize(
    ("markup", "content", "read"),
    [
        ("one\ntwo\r\n\r\nthree", "one<br>two<br><br>three", "one\ntwo\nthree"),
        ("one & two\nthree", "one &amp; two<br>three", "one & two\nthree"),
        ("<b>one</b>\ntwo", "<b>one</b><br>two", "one\ntwo"),
        ("<p>one\ntwo</p>", "<p>one\ntwo</p>", "one\ntwo"),
        ("<a title='one\ntwo' href=/x>three</a>\nfour", None, "three\nfour"),
        ("From: Pat Fox <pat@example.com>", "From: Pat Fox &lt;pat@example.com&gt;", "From: Pat Fox <pat@example.com>"),
        ("see <https://example.com/a?b=1> <b>now</b>", None, "see <https://example.com/a?b=1> now"),
        ("<section>one</section><section>two</section>", "<div>one</div><div>two</div>", "one\ntwo"),
        ("<dl><dt>Budget</dt><dd>90,000</dd></dl>", None, "Budget\n90,000"),
        ("<form action=/x onsubmit=evil()>one</form>two", "<div>one</div>two", "one\ntwo"),
        ("<script><p>one\n</script>two\nthree", "two<br>three", "two\nthree"),
        ("<img src=x onerror=alert(1)@x>", "", ""),
    ],
)
def test_notes_keep_their_lines_and_addresses(markup: str, content: str | None, read: str) -> None:
    sanitised = sanitise_html(markup)
    assert plain_text(sanitised) == read
    if content is not None:
        assert sanitised == content


def test_a_long_text_is_cleaned_before_it_is_cut() -> None:
    picture = f'<p><img src="data:image/png;base64,{"A" * 250_000}"></p>'
    assert plain_text(sanitise_html(f"{picture}<p>the words</p>")) == "the words"
    cut = sanitise_html("<ul>" + "<li><b>one &amp; two</b></li>" * 20_000 + "</ul>")
    assert 190_000 < len(cut) <= 200_000
    assert cut.endswith("</ul>")
    assert sanitise_html(cut) == cut
    assert set(plain_text(cut).splitlines()[:-1]) == {"one & two"}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("O&#039;Hara", "O'Hara"),
        ("Smith &amp; Sons", "Smith & Sons"),
        ("Smith &amp;amp; Sons", "Smith & Sons"),
        ("Jose\u0301", "Jos\xe9"),
        ("AT&T", "AT&T"),
        ("B&lt;script&gt;", "B<script>"),
        ("a&#0;&#x202e;&#13;b", "a b"),
        ("R&D &copyright", "R&D &copyright"),
    ],
)
def test_one_name_is_one_name_however_it_is_written(written: str, name: str) -> None:
    reading = CONTACTS.reading()
    (lead,) = CONTACTS.read_rows([("1", {"lastName": written, "clients_lead_source": f" {written}  "})], reading)
    assert (lead.last_name, lead.lead_source) == (name, name)


@pytest.mark.parametrize(
    ("sanitised", "read"),
    [
        ("one<br>two", "one\ntwo"),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("<blockquote>one?</blockquote><p>two</p>", "one?\ntwo"),
        ("one<div>two</div>three", "one\ntwo\nthree"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("<tr><td>one</td><td>two</td></tr>", "one\ntwo"),
        ("one<hr>two<pre>three</pre>", "one\ntwo\nthree"),
        ("<b>one</b><i>two</i> &lt;b&gt;", "onetwo <b>"),
    ],
)
def test_a_reader_sees_blocks_as_lines(sanitised: str, read: str) -> None:
    assert plain_text(sanitised) == read


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2), st.booleans(), st.booleans())
def test_money_stays_exact_in_every_form(amount: Decimal, dollar: bool, commas: bool) -> None:
    text = f"{amount:,.2f}" if commas else f"{amount:.2f}"
    written = text.replace("-", "-$") if dollar and amount < 0 else f"${text}" if dollar else text
    assert as_money(written) == amount
    assert as_money(int(amount)) == int(amount)


@pytest.mark.parametrize(
    ("wire", "amount"),
    [
        ("0.00", 0),
        ("90000", 90000),
        ("$90,000.00", 90000),
        ("", None),
        (None, None),
        (49500.5, Decimal("49500.50")),
        (".5", Decimal("0.50")),
        (90.125, Decimal("90.13")),
        ("90.0000", 90),
        ("1,234.567", Decimal("1234.57")),
        ("1234.567", Decimal("1234.57")),
        ("0.005", Decimal("0.01")),
    ],
)
def test_money_as_it_comes(wire: object, amount: object) -> None:
    assert as_money(wire) == amount


@pytest.mark.parametrize(
    "wire",
    [
        "90.000",
        "$90.000",
        "1.234,56",
        "ninety",
        "1.2.3",
        "1,23",
        "(500)",
        "NaN",
        float("nan"),
        float("-inf"),
        "1e5",
        [1],
        {},
        True,
        "12345678901",
        "٣",
    ],
)
def test_what_is_no_money_is_said_to_be_odd(wire: object) -> None:
    with pytest.raises(OddValueError):
        as_money(wire)


@pytest.mark.parametrize("wire", [float("nan"), float("inf"), True, [], {}])
def test_what_is_no_text_is_said_to_be_odd(wire: object) -> None:
    with pytest.raises(OddValueError):
        as_line(wire)


@pytest.mark.parametrize(
    ("wire", "percent"),
    [("50", 50), ("50%", 50), (50, 50), ("", None), (None, None), ("12.5", Decimal("12.5")), ("100 %", 100)],
)
def test_percent_as_it_comes(wire: object, percent: object) -> None:
    assert as_percent(wire) == percent


@pytest.mark.parametrize("wire", ["very", "-40", "101", True, [], "nan"])
def test_what_is_no_percentage_is_said_to_be_odd(wire: object) -> None:
    with pytest.raises(OddValueError):
        as_percent(wire)


@pytest.mark.parametrize(
    ("wire", "moment"),
    [
        ("2026-03-01 14:30:00", datetime.fromisoformat("2026-03-01T14:30")),
        ("2026-03-01", date(2026, 3, 1)),
        ("20260301", date(2026, 3, 1)),
        ("1772377200", datetime(2026, 3, 1, 15, tzinfo=UTC)),
        (1772377200000, datetime(2026, 3, 1, 15, tzinfo=UTC)),
        ("03/01/2026 02:30 PM", datetime.fromisoformat("2026-03-01T14:30")),
        ("3/1/2026 12:05:09 am", datetime.fromisoformat("2026-03-01T00:05:09")),
        ("2026-03-01T14:30:00", datetime.fromisoformat("2026-03-01T14:30")),
        ("03/01/2026", date(2026, 3, 1)),
        ("3/1/2026 14:30", datetime.fromisoformat("2026-03-01T14:30")),
        ("2026-03-01T14:30:00Z", datetime(2026, 3, 1, 14, 30, tzinfo=UTC)),
        ("0000-00-00 00:00:00", None),
        ("", None),
        (None, None),
    ],
)
def test_times_as_they_come(wire: object, moment: object) -> None:
    assert as_time(wire) == moment
    assert type(as_time(wire)) is type(moment)


@pytest.mark.parametrize("wire", ["27/11/2026", "13:00 PM", "03/01/2026 13:00 PM", "17723772", True, [2026]])
def test_what_is_no_time_or_may_be_two_is_said_to_be_odd(wire: object) -> None:
    with pytest.raises(OddValueError):
        as_time(wire)


@pytest.mark.parametrize("brand_zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_a_date_is_that_date_in_every_zone(brand_zone: str) -> None:
    moment = to_utc(date(2026, 3, 1), ZoneInfo(brand_zone))
    assert moment is not None
    for zone in ("Pacific/Honolulu", "America/New_York", "Europe/London", "Asia/Tokyo", "Pacific/Auckland", brand_zone):
        assert moment.astimezone(ZoneInfo(zone)).date() == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("written", "percents"),
    [
        (["0", "0.05", "0.5", "1", ""], [0, 5, 50, 100, None]),
        (["0", "5", "50", "100"], [0, 5, 50, 100]),
        (["0", "1", "1"], [0, 1, 1]),
        (["0.5", "12.5", "100"], [1, 13, 100]),
        ([], []),
    ],
)
def test_shares_of_one_are_told_by_all_likelihoods_together(written: list[str], percents: list[int | None]) -> None:
    likelihoods = [as_percent(each) for each in written]
    assert whole_percents(likelihoods, shares_of_one=are_shares_of_one(likelihoods)) == percents
    rows = [
        (str(number), {"sales_cycle_name": f"S{number}", "likelihood_to_close": each, "contact_type": "1"})
        for number, each in enumerate(written, start=1)
    ]
    stages = stage_rows(STAGES.read_rows(rows, STAGES.reading()))
    assert [row["likelihood"] for row in stages if row["sales_cycle_id"]] == percents


def test_a_stage_given_by_its_id_is_known_by_it() -> None:
    stages = stage_names([("41", "QR Sent"), ("42", "FA Sent")])
    reading = CONTACTS.reading(stages=stages)
    written = ["41", "qr sent", "", "New Lead", "99", "Elsewhere"]
    leads = CONTACTS.read_rows([(str(n), {"clients_sales_cycle": each}) for n, each in enumerate(written)], reading)
    assert [lead.sales_cycle for lead in leads] == ["QR Sent", "qr sent", "", "New Lead", "99", "Elsewhere"]
    assert (reading.tally.odd["sales_cycle"], reading.tally.blank["sales_cycle"]) == (2, 1)
    assert not reading.issues.count
    assert stage_names([(None, "New Lead")]) is None


NO_TOTAL: list[dict[str, Any]] = [{}, {"TotalRecord": 0}, {"TotalRecord": "0"}]
NO_DATA: list[dict[str, Any]] = [{"data": []}, {"data": None}, {"data": False}, {"data": ""}, {"data": {}}]
NONE_BODIES: list[dict[str, Any]] = [
    {"resultCode": "CT515", "Message": "No Record Found", "client_id": False},
    *({"ResultCode": "CT_200"} | total | data for total in NO_TOTAL for data in NO_DATA),
]


@pytest.mark.parametrize("body", NONE_BODIES, ids=str)
def test_every_variant_of_none_is_an_empty_list(body: dict[str, Any]) -> None:
    envelope = read_envelope(b"\xef\xbb\xbf" + json.dumps(body).encode())
    assert envelope.rows == []
    assert envelope.total in {None, 0}


@given(st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_read_or_refused_by_name(body: bytes) -> None:
    with suppress(PullError):
        assert isinstance(read_envelope(body).rows, list)


def test_the_hot_list_goes_by_the_agencys_stages_or_else_by_likelihood() -> None:
    def stage(name: str, likelihood: int, *, active: bool = True) -> dict[str, Any]:
        return {
            "contact_type": "1",
            "stage_key": name.lower(),
            "name": name,
            "position": likelihood,
            "active": active,
            "likelihood": likelihood,
        }

    own = [stage("First Touch", 1), stage("Numbers", 40), stage("Agreement", 90), stage("Parked", 50, active=False)]
    assert set(hot_stages(own)) == {"numbers", "agreement"}
    named = [*own, stage("FA Sent", 95), stage("Deal Structure", 40)]
    assert set(hot_stages(named)) == {"fa sent", "deal structure"}

    def deal(number: str, iff: str | None, likelihood: int | None, **more: Any) -> dict[str, Any]:
        blank = {"client_id": None, "candidate": "", "market": "", "units": "", "sales_lead": "", "contact_type": "1"}
        money = None if iff is None else Decimal(iff)
        row = {"opportunity_id": number, "stage_key": "fa sent", "deal_size": money, "likelihood": likelihood}
        return blank | row | more

    deals = [
        deal("own", "90000", 50),
        deal("stages", "33333.33", None),
        deal("no fee", "0", None),
        deal("none", None, None),
        deal("a vendor's", "90000", 50, contact_type="3"),
        deal("elsewhere", "90000", 50, stage_key="numbers"),
    ]
    weighted = {row["opportunity_id"]: row["weighted_iff"] for row in hot_list_rows(deals, hot_stages(named))}
    assert weighted == {"own": Decimal("45000.00"), "stages": Decimal("31666.66")}


def test_every_mirrored_table_is_fed_by_a_kind_of_record_or_derived() -> None:
    fed = {mirror.table.name for _, _, mirror in KINDS.values()}
    assert fed == {model.__tablename__ for model in Mirrored.__subclasses__()} - {"hot_list_items"}


def test_a_row_of_the_hot_list_names_the_columns_of_its_table() -> None:
    stage = {"contact_type": "1", "stage_key": "fa sent", "name": "FA Sent", "position": 1, "active": True}
    raw = {"contact_sales_cycle": "FA Sent", "contact_type": "1", "deal_size": "5"}
    deals = opportunity_rows(OPPORTUNITIES.read_rows([("7", raw)], OPPORTUNITIES.reading()), ZONE)
    (row,) = hot_list_rows(deals, {"fa sent": stage | {"likelihood": 50}})
    assert set(row) == set(HOT_LIST_TABLE.names)
