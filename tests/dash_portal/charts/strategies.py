"""Charts of every kind and of every oddity that upstream names and figures can bring."""

import math
from decimal import Decimal

from hypothesis import strategies as st

from dash_portal.charts.chart import Chart, Kind, Look, Series
from dash_portal.charts.numbers import Number, ValueFormat

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "{b}: {c} {@key} {a|b}",
    "%{customdata} $x^2$ ${1}",
    "2025-01-01",
    "007",
    "",
    " Other ",
    "a\nb\tc\x00",
    "Referral - Bartholomew Featherstonehaugh-Cholmondeley of the Third Kingdom",
    "加盟" * 30,
    "مرحبا",
    "&lt;b&gt; &amp;",
    "__proto__",
    "constructor",
    "Budget $50k-$100k",
]

labels = st.one_of(st.text(max_size=40), st.sampled_from(HOSTILE), st.sampled_from(["Facebook", "QR Sent"]))
# Upstream names categories; series and the words of an empty chart are the portal's own. ECharts keeps those as keys of
# plain objects, and this one it would take amiss.
own_words = labels.filter(lambda name: name != "__proto__")
numbers: st.SearchStrategy[Number | None] = st.one_of(
    st.none(),
    st.integers(-(10**15), 10**15),
    st.floats(-1e15, 1e15),
    st.decimals(Decimal(-(10**12)), Decimal(10**12), places=2),
    st.sampled_from([0, 1, -1, 0.0, -0.0, 1e-300, Decimal("0.01"), 999_950]),
)


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    kind = draw(st.sampled_from(Kind))
    categories = tuple(draw(st.lists(labels, max_size=9)))
    size = len(categories)
    names = draw(st.lists(own_words, min_size=1, max_size=1 if kind is Kind.STRIP else 3, unique=True))
    whole = draw(st.sampled_from(ValueFormat))
    formats = st.none() if kind is Kind.PROGRESSION else st.one_of(st.none(), st.sampled_from(ValueFormat))
    looks = [draw(st.sampled_from(Look)) if kind is Kind.ROWS else Look.BAR for _ in names]
    series: list[Series] = []
    for name, look in zip(names, looks, strict=True):
        values = tuple(draw(numbers) for _ in categories)
        wholes = tuple(draw(st.none() | st.integers(math.ceil(value or 0), 10**15)) for value in values)
        is_part = draw(st.booleans()) and not any(value is not None and value < 0 for value in values)
        sets = draw(st.sampled_from([None, ("stuck", "yes")]))
        is_inside = look is Look.INSIDE and bool(series) and series[-1].look is Look.BAR
        value_format = series[-1].value_format if is_inside else draw(formats)
        shown_as = Look.BAR if look is Look.INSIDE and not is_inside else look
        heading = draw(st.just("") | own_words)
        series.append(Series(name, values, value_format, shown_as, heading, wholes if is_part else None, sets))
    return Chart(
        chart_id="any",
        title=draw(labels),
        description=draw(labels),
        kind=kind,
        categories=categories,
        series=tuple(series),
        value_format=whole,
        click=draw(st.sampled_from([None, "source"])),
        keys=draw(st.one_of(st.none(), st.lists(st.none() | labels, min_size=size, max_size=size).map(tuple))),
        selected=frozenset(draw(st.lists(st.sampled_from(categories), max_size=2)) if categories else ()),
        quiet=frozenset(draw(st.lists(st.sampled_from(categories), max_size=2)) if categories else ()),
        rows_shown=draw(st.sampled_from([None, 1, 4, 20])),
        empty_text=draw(own_words),
    )


accents = st.one_of(st.none(), st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True), st.sampled_from(["#fff", "#000"]))
