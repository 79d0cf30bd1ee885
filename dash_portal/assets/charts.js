// What dcc.Graph leaves open: the same chart in ECharts (mounted, resized, disposed), by keyboard where it stands, and as a
// picture. dcc.Clipboard can't be reached by keyboard and doesn't tell when it fails, so a chart's menu copies.
(() => {
  "use strict";
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const context = () => window.dash_clientside.callback_context;
  const cardOf = (chart) => document.getElementById(`card-${chart}`);
  const answerOf = (chart) => window.dash_component_api.getLayout({ type: "numbers", chart }).props.data;
  let echarts = null; // the engine, once anyone has asked for it

  // An element that has left the page shrinks to nothing, which the observer reports: no one has to unmount by hand.
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => {
    const drawn = echarts.getInstanceByDom(target);
    if (!target.isConnected) drawn?.dispose();
    else if (target.clientWidth) drawn?.resize();
  }));

  async function mount(element, option, clicked) {
    echarts ??= await import(document.documentElement.dataset.echarts || "/vendor/echarts.min.js");
    if (!echarts.getInstanceByDom(element)) {
      echarts.init(element, null, { renderer: "svg" }).on("click", ({ data }) => clicked(data?.key));
      sizes.observe(element);
    }
    const drawn = echarts.getInstanceByDom(element);
    const animation = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    drawn.setOption({ ...structuredClone(option), animation }, { notMerge: true });
    return drawn;
  }

  async function config(chart, format) {
    const answer = await fetch(`/api/charts/${chart}?${answerOf(chart).query}&format=${format}`);
    if (!answer.ok) throw new Error(`The chart could not be loaded (${answer.status})`);
    return (await answer.json()).config;
  }

  function filter(chart, key) {
    const { click, open } = answerOf(chart);
    if (click && key) window.portalAddress.toggle(...(key === open ? ["open", chart] : [click, key]));
  }

  // What a card shows in place of Plotly's drawing; its table is made of components only while somebody looks at it.
  async function draw(chart) {
    const { mode } = cardOf(chart).dataset;
    const names = () => [...cardOf(chart).querySelectorAll(".chart-table a")];
    const focused = names().find((name) => name === document.activeElement)?.textContent;
    set({ type: "chart-table", chart }, { children: mode === "table" ? answerOf(chart).table : null });
    if (focused) requestAnimationFrame(() => names().find((name) => name.textContent === focused)?.focus());
    if (mode !== "echarts") return;
    const place = cardOf(chart).querySelector(".chart-echarts") ?? document.createElement("div");
    if (!place.isConnected) cardOf(chart).append(Object.assign(place, { className: "chart-echarts" }));
    place.style.height = document.getElementById(`${chart}-plotly`).style.height;
    await mount(place, await config(chart, "echarts"), (key) => filter(chart, key));
  }

  async function show(chart, mode) {
    const { dataset } = cardOf(chart);
    dataset.mode = dataset.mode === mode ? "chart" : mode;
    for (const [action, off, on] of [["table", "View as table", "View as chart"], ["echarts", "View in ECharts", "View in Plotly"]]) {
      set({ type: "chart-action", chart, action }, { children: dataset.mode === action ? on : off });
    }
    await draw(chart);
    if (dataset.mode === "chart") dispatchEvent(new Event("resize")); // Plotly measures itself anew
  }

  async function copy(chart, format, words) {
    await navigator.clipboard.writeText(JSON.stringify(await config(chart, format), null, 2));
    window.portalSays(words);
  }

  const actions = {
    table: (chart) => show(chart, "table"),
    echarts: (chart) => show(chart, "echarts"),
    "copy-option": (chart) => copy(chart, "echarts", "The ECharts option is copied"),
    "copy-data": (chart) => copy(chart, "data", "The data is copied"),
    png: (chart) => downloadPng(cardOf(chart).querySelector(".js-plotly-plot"), chart),
  };
  const downloadPng = (graph, filename) => window.Plotly.downloadImage(graph, { format: "png", scale: 2, filename });
  const tried = (drawn) => drawn?.catch(() => window.portalFailed("This chart could not be loaded."));
  // By keyboard where it stands: arrows go from bar to bar and say it, Enter filters by it.
  addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (!target.matches?.(".chart-plotly") || !["ArrowDown", "ArrowUp", "Enter"].includes(key)) return;
    event.preventDefault();
    const chart = target.id.replace(/-plotly$/, "");
    const { keys, words } = answerOf(chart);
    if (key === "Enter") return filter(chart, keys[target.dataset.at]);
    const next = Number(target.dataset.at ?? -1) + (key === "ArrowDown" ? 1 : -1);
    const at = (target.dataset.at = Math.max(0, Math.min(keys.length - 1, next)));
    window.Plotly.Fx.hover(target.querySelector(".js-plotly-plot"), [{ curveNumber: 0, pointNumber: at }]);
    window.portalSays(words[at]);
  });

  window.portalCharts = { mount, downloadPng };
  (window.dash_clientside ??= {}).charts = {
    // What shows a chart in another way follows its numbers.
    answered() {
      const changed = context().triggered.map(({ prop_id: name }) => JSON.parse(name.slice(0, name.lastIndexOf("."))).chart);
      changed.filter((chart) => cardOf(chart)?.dataset.mode).forEach((chart) => tried(draw(chart)));
    },
    clicked() {
      const { triggered_id: id, triggered: [{ value } = {}] } = context();
      if (!value?.points) return;
      set(id, { clickData: null }); // so that a second click on the same bar is one
      filter(id.chart, [value.points[0].customdata].flat()[0]);
    },
    chosen() {
      const { chart, action } = context().triggered_id ?? {};
      tried(actions[action]?.(chart));
    },
  };
})();
