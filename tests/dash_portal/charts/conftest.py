"""A page that draws a chart in both engines, from the vendored files and under the portal's content security policy."""

from collections.abc import Iterator
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

import dash_portal.charts.chart
from dash_portal.charts.chart import Chart
from dash_portal.charts.echarts import echarts_option
from dash_portal.charts.plotly import PLOTLY_CONFIG, plotly_figure

PORTAL = Path(dash_portal.charts.chart.__file__).parent.parent
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'"
)
HTML = """<!doctype html><html lang="en" data-bs-theme="light"><head><title>Charts</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/vendor/bootstrap.min.css">
<link rel="stylesheet" href="/assets/charts.css"></head>
<body><div id="plotly"></div><div id="echarts"></div>
<script src="/vendor/plotly-finance.min.js"></script><script type="module" src="/assets/charts.js"></script></body></html>"""
DRAW = """async ({figure, option, config}) => {
  const height = `${figure.layout.height}px`;
  const [left, right] = ["plotly", "echarts"].map((id) => {
    const fresh = Object.assign(document.createElement("div"), {id});
    document.getElementById(id).replaceWith(fresh);
    return fresh;
  });
  left.style.height = right.style.height = height;
  await Plotly.newPlot(left, figure.data, figure.layout, config);
  await dash_clientside.charts.mount(right, option);
  const { getInstanceByDom } = await import("/vendor/echarts.min.js");
  const chart = getInstanceByDom(right);
  chart.on("click", ({ data }) => data?.key && (window.clicked ??= []).push({ key: data.key }));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))); // it is fitted to its element
  const isDrawn = (path) => { const {width, height} = path.getBBox(); return width > 0 && height > 0; };
  const sized = (path) => {
    const {top, width, height} = path.getBoundingClientRect();
    return {width, height, middle: top + height / 2 - path.closest("#plotly").getBoundingClientRect().top};
  };
  const painted = ({fill, stroke, fillOpacity}) => ({fill: fill.replace("rgb(", `rgba(${fillOpacity},`), edge: stroke});
  const texts = (root, selector) => [...root.querySelectorAll(selector)].map((node) => node.textContent);
  const types = (series) => series.map(({type}) => type);
  const names = (series) => series.map(({name}) => name);
  const option_drawn = chart.getOption();
  const models = option_drawn.series.map((_, index) => chart.getModel().getSeriesByIndex(index));
  const axis = [...(option_drawn.yAxis ?? []), ...(option_drawn.xAxis ?? [])].find(({type}) => type === "category");
  const marks = models.map((model) => {
    const data = model.getData();
    return [...Array(data.count()).keys()].filter((index) => {
      const box = data.getItemGraphicEl(index)?.getBoundingRect();
      return box && box.width > 0 && box.height > 0 && data.get("value", index) !== 0;
    }).length;
  });
  return {
    plotly: {
      types: types(left._fullData), names: names(left._fullData),
      values: left._fullData.map((trace) => [...(trace.orientation === "h" ? trace.x : trace.y)]),
      categories: [...(left._fullData[0].orientation === "h" ? left._fullData[0].y : left._fullData[0].x)],
      boxes: [...left.querySelectorAll(".trace.bars .points")].map((trace) => [...trace.querySelectorAll(".point path")]
        .filter(isDrawn).map((path) => ({place: path.parentNode.__data__.i, ...sized(path), ...painted(path.style)}))),
      marks: [...left.querySelectorAll(".trace.bars .points")].map(
        (trace) => [...trace.querySelectorAll(".point path")].filter(isDrawn).length),
      texts: texts(left, "svg text"),
    },
    echarts: {
      types: types(option_drawn.series), names: names(option_drawn.series),
      values: option_drawn.series.map(({data}) => data.map(({value}) => value)),
      categories: axis ? axis.data : option_drawn.series[0].data.map(({name}) => name),
      marks,
      boxes: models.map((model) => {
        const data = model.getData();
        return [...Array(data.count()).keys()].map((place) => [place, data.getItemGraphicEl(place)])
          .filter(([, mark]) => mark && mark.shape.width && mark.shape.height)
          .map(([place, {shape: {y, width, height}, style: {fill, stroke: edge}}]) =>
            ({place, width: Math.abs(width), height: Math.abs(height), middle: y + height / 2, fill, edge}));
      }),
      texts: texts(right, "svg text"),
    },
  };
}"""

FINISHED = """async () => {
  const { getInstanceByDom } = await import("/vendor/echarts.min.js");
  const chart = getInstanceByDom(document.getElementById("echarts"));
  await new Promise((done) => { chart.on("finished", done); chart.getZr().refresh(); });
  chart.off("finished");
}"""


class ChartFiles(SimpleHTTPRequestHandler):
    """Serves the page and the portal's own files; the browser keeps the engines and what it compiled of them."""

    def do_GET(self) -> None:
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(HTML.encode())

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "max-age=3600")
        super().end_headers()

    def log_message(self, *_line: Any) -> None:
        """Say nothing."""


class ChartPage:
    """The page, with one place for each engine. Any message on the console fails the test at its end."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.messages: list[str] = []
        page.on("console", lambda message: self.messages.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.messages.append(f"error: {error}"))
        page.emulate_media(reduced_motion="reduce")

    def begin(self) -> None:
        """Load the page anew, for a test that knows nothing of the one before."""
        self.messages.clear()
        self.page.mouse.move(0, 0)
        self.page.set_viewport_size({"width": 1280, "height": 720})
        self.page.goto(self.url)

    def draw(self, chart: Chart, accent: str | None = None, *, narrow: bool = False) -> dict[str, Any]:
        """Draw the chart in both engines and tell what each of them then shows."""
        drawn: dict[str, Any] = self.page.evaluate(
            DRAW,
            {
                "figure": plotly_figure(chart, accent=accent, narrow=narrow),
                "option": echarts_option(chart, accent=accent, narrow=narrow),
                "config": PLOTLY_CONFIG,
            },
        )
        names, categories = drawn["plotly"]["names"], drawn["plotly"]["categories"]
        drawn["plotly"] |= {"names": [*map(unescape, names)], "categories": [*map(unescape, categories)]}
        return drawn

    def finish(self) -> None:
        """Wait until ECharts has drawn all that it has to draw."""
        self.page.evaluate(FINISHED)


@pytest.fixture(scope="module")
def chart_files() -> Iterator[str]:
    """The address of a server of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(ChartFiles, directory=str(PORTAL)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def opened(home: BrowserContext, chart_files: str) -> Iterator[ChartPage]:
    """One tab for all charts: it reads both engines once."""
    page = home.new_page()
    yield ChartPage(page, chart_files)
    page.close()


@pytest.fixture
def chart_page(opened: ChartPage) -> Iterator[ChartPage]:
    opened.begin()
    yield opened
    assert opened.messages == []
