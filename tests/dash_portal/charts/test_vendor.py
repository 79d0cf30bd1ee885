import re
from pathlib import Path

import plotly.offline

import dash_portal.charts.chart
from dash_portal.charts.plotly import plotly_figure
from tests.dash_portal.charts.examples import EXAMPLES

VENDOR = Path(dash_portal.charts.chart.__file__).parent.parent / "vendor"


def test_the_plotly_bundle_is_the_version_that_dash_asks_for() -> None:
    opening = (VENDOR / "plotly-finance.min.js").read_text()[:200]
    assert f"plotly.js (finance - minified) v{plotly.offline.get_plotlyjs_version()}\n" in opening


def test_the_plotly_bundle_holds_every_trace_type_in_use() -> None:
    bundle = (VENDOR / "plotly-finance.min.js").read_text()
    registered = set(re.findall(r'moduleType:"trace",name:"(\w+)"', bundle))
    used = {trace["type"] for chart in EXAMPLES.values() for trace in plotly_figure(chart, accent=None)["data"]}
    assert used == {"bar"}
    assert used <= registered


def test_every_vendored_file_is_accounted_for() -> None:
    versions = (VENDOR / "VERSIONS.md").read_text()
    assert not [path.name for path in VENDOR.iterdir() if path.name not in versions and path.name != "VERSIONS.md"]


def test_the_echarts_build_is_the_version_that_is_noted() -> None:
    versions = (VENDOR / "VERSIONS.md").read_text()
    noted = re.search(r"`echarts` \(npm\).*?\| (\d+\.\d+\.\d+) \|", versions)
    assert noted
    assert f'"{noted[1]}"' in (VENDOR / "echarts.min.js").read_text()


def test_htmx_is_the_version_that_is_noted() -> None:
    noted = re.search(r"`htmx\.org` \(npm\).*?\| (\d+\.\d+\.\d+) \|", (VENDOR / "VERSIONS.md").read_text())
    assert noted
    assert f'version="{noted[1]}"' in (VENDOR / "htmx.min.js").read_text()


def test_no_bundle_needs_eval() -> None:
    for name in ("plotly-finance.min.js", "echarts.min.js", "htmx.min.js"):
        assert not re.search(r"\beval\(|new Function\(", (VENDOR / name).read_text()), name
