"""One chart of each kind, as the dashboards make them."""

from decimal import Decimal

from dash_portal.charts.chart import Chart, Kind, Series
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
}
