// What dcc.Graph leaves open: the same chart in ECharts (mounted, resized, disposed), as a table of many cells, by keyboard
// where it stands, as a picture, and on the clipboard (dcc.Clipboard can't be reached by keyboard).
(() => {
  "use strict";
  const engines = new Map(); // element -> ECharts instance
  const numbers = new Map(); // chart -> its numbers, as the last answer said them
  const cardOf = (chart) => document.getElementById(`card-${chart}`);
  let loading = null; // the promise of window.echarts, once anyone has asked for it
  const say = (text) => (document.getElementById("said").textContent = text);

  const made = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  // An element that has left the page shrinks to nothing, which the observer reports: no one has to unmount by hand.
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => {
    if (target.isConnected) return target.clientWidth && engines.get(target)?.resize();
    sizes.unobserve(target);
    engines.get(target)?.dispose();
    engines.delete(target);
  }));

  const load = () => (loading ??= new Promise((resolve, reject) => {
    const src = document.documentElement.dataset.echarts || "/vendor/echarts.min.js";
    document.head.append(made("script", { src, onload: resolve, onerror: () => {
      loading = null; // the next one who asks tries again
      reject(new Error("The chart engine could not be loaded"));
    } }));
  }));

  async function mount(element, option, clicked = () => {}) {
    await load();
    if (!engines.has(element)) {
      engines.set(element, window.echarts.init(element, null, { renderer: "svg" }));
      engines.get(element).on("click", ({ data }) => clicked(data?.key));
      sizes.observe(element);
    }
    const animation = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    engines.get(element).setOption({ ...structuredClone(option), animation }, { notMerge: true });
    return engines.get(element);
  }

  function filter(chart, key) {
    const { click, open } = numbers.get(chart);
    if (click && key !== null && key !== undefined) window.portalAddress.toggle(...(key === open ? ["open", chart] : [click, key]));
  }

  async function config(chart, format) {
    const answer = await fetch(`/api/charts/${chart}?${numbers.get(chart).query}&format=${format}`);
    if (!answer.ok) throw new Error(`The chart could not be loaded (${answer.status})`);
    return (await answer.json()).config;
  }

  async function drawEcharts(chart) {
    const place = cardOf(chart).querySelector(".chart-echarts");
    place.style.height = document.getElementById(`${chart}-plotly`).style.height;
    await mount(place, await config(chart, "echarts"), (key) => filter(chart, key));
  }

  // The names in a table that only a screen reader meets are no stops for the Tab key.
  const reach = (card) => card.querySelectorAll("table button").forEach((button) => (button.tabIndex = card.dataset.mode === "table" ? 0 : -1));

  function show(chart, mode) {
    const card = cardOf(chart);
    card.dataset.mode = card.dataset.mode === mode ? "chart" : mode;
    for (const [action, off, on] of [["table", "View as table", "View as chart"], ["echarts", "View in ECharts", "View in Plotly"]]) {
      window.dash_clientside.set_props({ type: "chart-action", chart, action }, { children: card.dataset.mode === action ? on : off });
    }
    reach(card);
    if (card.dataset.mode === "chart") dispatchEvent(new Event("resize")); // Plotly measures itself anew
    return card.dataset.mode;
  }

  async function copy(chart, format, words) {
    await navigator.clipboard.writeText(JSON.stringify(await config(chart, format), null, 2));
    say(words);
  }

  // A picture has a white page under it, whatever the theme it was taken in.
  function downloadPng(graph, filename) {
    const layout = { ...graph.layout, paper_bgcolor: "#FFFFFF", width: graph.closest(".card")?.clientWidth ?? graph.clientWidth };
    return window.Plotly.downloadImage({ data: graph.data, layout }, { format: "png", scale: 2, filename });
  }

  const actions = {
    table: (chart) => show(chart, "table"),
    echarts: (chart) => show(chart, "echarts") === "echarts" && drawEcharts(chart),
    "copy-option": (chart) => copy(chart, "echarts", "The ECharts option is copied"),
    "copy-data": (chart) => copy(chart, "data", "The data is copied"),
    png: (chart) => downloadPng(cardOf(chart).querySelector(".js-plotly-plot"), chart),
  };

  const link = (chart, text, label, key) => made("button", { type: "button", className: "link", ariaLabel: label, onclick: () => filter(chart, key) }, text);

  function tableOf(chart, { title, empty, click, open, columns, rows }) {
    const head = made("tr", {}, ...["Name", ...columns].map((name) => made("th", { scope: "col" }, name)));
    const body = rows.map(({ name, key, selected, values }) => {
      const verb = key === open ? "Open" : selected ? "Stop filtering by" : "Filter by";
      const cell = made("th", { scope: "row" }, click && key !== null ? link(chart, name, `${verb} ${name}`, key) : name);
      return made("tr", { className: selected ? "is-selected" : "" }, cell, ...values.map((value) => made("td", {}, value)));
    });
    const caption = made("caption", {}, rows.length ? `${title}, as a table` : empty);
    return made("table", { className: "table" }, caption, made("thead", {}, head), made("tbody", {}, ...body));
  }

  function list(told) {
    for (const [place, { id: { chart } }] of window.dash_clientside.callback_context.inputs_list[0].entries()) {
      const card = cardOf(chart);
      if (!told[place] || numbers.get(chart) === told[place]) continue;
      numbers.set(chart, told[place]);
      const focused = card.contains(document.activeElement) && document.activeElement.textContent;
      const fold = told[place].unfolded ? [link(chart, "Fold the long tail again", "Fold the long tail again", told[place].open)] : [];
      card.querySelector(".chart-table").replaceChildren(tableOf(chart, told[place]), ...fold);
      reach(card);
      [...card.querySelectorAll("table button")].find(({ textContent }) => textContent === focused)?.focus();
      if (card.dataset.mode === "echarts") drawEcharts(chart).catch(() => show(chart, "echarts"));
    }
  }

  function click() {
    const { triggered_id: id, triggered: [{ value } = {}] } = window.dash_clientside.callback_context;
    if (!value?.points) return;
    window.dash_clientside.set_props(id, { clickData: null }); // so that a second click on the same bar is one
    filter(id.chart, [value.points[0].customdata].flat()[0]);
  }

  function choose() {
    const { chart, action } = window.dash_clientside.callback_context.triggered_id ?? {};
    Promise.resolve(actions[action]?.(chart)).catch(() => window.portalFailed("This chart could not be loaded."));
  }

  // By keyboard where it stands: arrows go from bar to bar and say it, Enter filters by it.
  addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (!target.matches?.(".chart-plotly") || !["ArrowDown", "ArrowUp", "Enter"].includes(key)) return;
    event.preventDefault();
    const chart = target.id.replace(/-plotly$/, "");
    const { rows, columns } = numbers.get(chart);
    if (key === "Enter") return filter(chart, rows[target.dataset.at]?.key);
    const at = (target.dataset.at = Math.max(0, Math.min(rows.length - 1, Number(target.dataset.at ?? -1) + (key === "ArrowDown" ? 1 : -1))));
    window.Plotly.Fx.hover(target.querySelector(".js-plotly-plot"), [{ curveNumber: 0, pointNumber: at }]);
    say(`${rows[at].name}: ${columns.map((name, place) => `${name} ${rows[at].values[place]}`).join(", ")}${rows[at].selected ? ", selected" : ""}`);
  });

  const silent = (act) => (...values) => (act(...values), window.dash_clientside.no_update);
  window.portalCharts = { mount, downloadPng };
  (window.dash_clientside ??= {}).charts = { listed: silent(list), clicked: silent(click), chosen: silent(choose) };
})();
