"""One chart of each kind, as the dashboards make them."""

from dataclasses import replace
from decimal import Decimal

from dash_portal.charts.chart import Chart, Kind, Look, Series
from dash_portal.charts.numbers import ValueFormat

SOURCES = ("Facebook", "Google Ads", "Referral - Jo", "2025 - Austin Franchise Show", "Other")
STAGES = ("New Lead", "Outbound Call", "FDD Review Call Scheduled", "Discovery Day Completed", "FA Signed")

BAR = Chart(
    chart_id="leads-by-source",
    title="Leads by source",
    description="Prospects on file, by where they came from.",
    kind=Kind.BAR,
    categories=SOURCES,
    series=(Series("Leads", (120, 86, 0, 9, 14)),),
    click="source",
    keys=("Facebook", "Google Ads", "Referral - Jo", "2025 - Austin Franchise Show", None),
    selected=frozenset({"Google Ads"}),
)
GROUPED_BAR = Chart(
    chart_id="pipeline-value-by-stage",
    title="Value by stage",
    description="Deal sizes of open opportunities, and the same weighted by likelihood.",
    kind=Kind.BAR,
    categories=STAGES,
    series=(
        Series("Value", (Decimal(90000), Decimal("1250000.50"), None, Decimal(180000), Decimal(90000))),
        Series("Weighted value", (Decimal(900), 12500.5, 0, 144000, 90000)),
    ),
    value_format=ValueFormat.MONEY,
    click="stage",
)
PANELS = Chart(
    chart_id="leads-source-quality",
    title="Source quality",
    description="For each source its leads, and which share of them got how far.",
    kind=Kind.BAR,
    categories=SOURCES,
    series=(
        Series("Leads", (120, 86, 22, 9, 14)),
        Series("Share qualified", (30, 21.5, 5.5, 2.25, 3.5), ValueFormat.PERCENT),
        Series("Share signed", (3, 2.15, 0.55, None, 0.35), ValueFormat.PERCENT),
    ),
    click="source",
)
SIGNED = Chart(
    chart_id="values",
    title="Value",
    description="Value by weekday, and how it changed.",
    kind=Kind.BAR,
    categories=("Mon", "Tue", "Wed", "Thu"),
    series=(Series("Value", (1_250_000, 90_000, None, 450_000)), Series("Change", (50_000, -60_000, 40_000, 25_000))),
    value_format=ValueFormat.MONEY,
)
KEYED = Chart(
    chart_id="leads-by-status",
    title="Leads by status",
    description="Prospects on file, by stage.",
    kind=Kind.BAR,
    categories=SOURCES,
    series=(Series("Leads", (120, 86, 31, 9, 14)),),
    click="source",
    keys=("Facebook", "Google Ads", "Referral - Jo", "2025 - Austin Franchise Show", "other-sources"),
)
PROGRESSION = Chart(
    chart_id="pipeline-progression",
    title="Progression",
    description="Share of opportunities that reached each stage or a later one.",
    kind=Kind.PROGRESSION,
    categories=STAGES,
    series=(Series("Share that got here", (100, 86.5, 33.25, 9.5, 0.04)),),
    value_format=ValueFormat.PERCENT,
    click="stage",
)
ROWS = Chart(
    chart_id="pipeline-stages",
    title="Pipeline by stage",
    description="What stands in each stage, what it is worth and where it stays.",
    kind=Kind.ROWS,
    categories=STAGES,
    series=(
        Series("Deals", (12, 120, 15, 0, 2)),
        Series("Went on", (93.5, 40, 12.5, 100, None), ValueFormat.PERCENT, Look.SHARE),
        Series("Value", (0, Decimal(90000), Decimal("1250000.50"), 45000, 90000), ValueFormat.MONEY),
        Series("Weighted", (0, 900, 12500.5, 36000, 90000), ValueFormat.MONEY, Look.INSIDE),
        Series("Median days", (2, 62, Decimal("31.5"), 338, None), ValueFormat.DAYS, Look.HEAT, "Days"),
        Series("Stuck deals", (0, 51, 1, 2, 0), None, Look.MARK, "Stuck", sets=("stuck", "yes")),
    ),
    click="stage",
    selected=frozenset({"Outbound Call"}),
    quiet=frozenset({"FA Signed"}),
)
PARTS = Chart(
    chart_id="leads-sources",
    title="Leads by source",
    description="For each source its leads, and how many of them got how far.",
    kind=Kind.ROWS,
    categories=("Google Ads", "YouTube", "Referral - Jo"),
    series=(
        Series("Leads", (61, 7, 0)),
        Series("Qualified or further", (8, 2, 0), heading="Qualified", wholes=(61, 7, 0)),
        Series("Signed", (1, 0, 0), wholes=(61, 7, 0)),
    ),
    click="source",
)
STRIP = Chart(
    chart_id="leads-status-groups",
    title="Leads by status",
    description="Prospects by how far they are.",
    kind=Kind.STRIP,
    categories=("New", "Engaging", "Qualified", "Deciding or signed", "Parked", "Lost"),
    keys=("new", "engaging", "qualified", "deciding", "parked", "lost"),
    series=(Series("Leads", (12, 168, 16, 12, 6, 103)),),
    click="group",
    quiet=frozenset({"parked", "lost"}),
)
EMPTY = Chart(
    chart_id="empty",
    title="Leads by source",
    description="Prospects on file, by where they came from.",
    kind=Kind.BAR,
    categories=(),
    series=(Series("Leads", ()),),
    empty_text="Leads appear after the first sync",
)

EXAMPLES = {
    "bar": BAR,
    "grouped bar": GROUPED_BAR,
    "panels": PANELS,
    "signed values": SIGNED,
    "keys of their own": KEYED,
    "progression": PROGRESSION,
    "rows": ROWS,
    "parts of wholes": PARTS,
    "strip": STRIP,
}


def with_names(chart: Chart, names: tuple[str, ...]) -> Chart:
    """Return the chart with other categories, its values over and over."""
    places = [place % len(chart.categories) for place in range(len(names))]
    series = tuple(
        replace(
            one_series,
            values=tuple(one_series.values[place] for place in places),
            wholes=one_series.wholes and tuple(one_series.wholes[place] for place in places),
        )
        for one_series in chart.series
    )
    return replace(chart, categories=names, series=series, keys=None, selected=frozenset(), quiet=frozenset())
