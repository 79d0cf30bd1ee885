// What dcc.Graph leaves open: the same chart in ECharts (mounted, resized, disposed), by keyboard where it stands, and as
// a picture. dcc.Clipboard can't be reached by keyboard and doesn't tell when it fails, so a chart's menu copies.
const set = (id, props) => window.dash_clientside.set_props(id, props);
const cardOf = (chart) => document.getElementById(`card-${chart}`);
const plotOf = (chart) => cardOf(chart).querySelector(".js-plotly-plot");
const answerOf = (chart) => window.dash_component_api.getLayout({ type: "numbers", chart }).props.data;

async function mount(element, option, clicked) {
  const echarts = await import(document.documentElement.dataset.echarts || "/vendor/echarts.min.js");
  let drawn = echarts.getInstanceByDom(element);
  if (!drawn) {
    drawn = echarts.init(element, null, { renderer: "svg" });
    drawn.on("click", ({ data }) => clicked(data?.key));
    // An element that has left the page shrinks to nothing, which the observer reports: no one has to unmount by hand.
    new ResizeObserver(() => (element.isConnected ? drawn.resize() : drawn.dispose())).observe(element);
  }
  drawn.setOption({ ...option, animation: !matchMedia("(prefers-reduced-motion: reduce)").matches }, true);
}

async function config(chart, format) {
  const answer = await fetch(`/api/charts/${chart}?${answerOf(chart).query}&format=${format}`);
  if (!answer.ok) throw new Error(`The chart could not be loaded (${answer.status})`);
  return (await answer.json()).config;
}

const filter = (chart, key) => window.dash_clientside.address.follow(answerOf(chart).links[key]);

// What a card shows in place of Plotly's drawing; its table is made of components only while somebody looks at it.
async function draw(chart) {
  const card = cardOf(chart);
  const focused = card.querySelector(".chart-table a:focus")?.id;
  set({ type: "chart-table", chart }, { children: card.dataset.mode === "table" ? answerOf(chart).table : null });
  if (focused) requestAnimationFrame(() => document.getElementById(focused)?.focus());
  if (card.dataset.mode !== "echarts") return;
  if (!card.querySelector(".chart-echarts")) card.insertAdjacentHTML("beforeend", '<div class="chart-echarts"></div>');
  await mount(card.querySelector(".chart-echarts"), await config(chart, "echarts"), (key) => filter(chart, key));
}

async function show(chart, mode) {
  const { dataset } = cardOf(chart);
  dataset.mode = dataset.mode === mode ? "chart" : mode;
  const words = { table: ["View as table", "View as chart"], echarts: ["View in ECharts", "View in Plotly"] };
  for (const [action, [there, back]] of Object.entries(words))
    set({ type: "chart-action", chart, action }, { children: dataset.mode === action ? back : there });
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
  png: (filename) => window.Plotly.downloadImage(plotOf(filename), { format: "png", scale: 2, filename }),
};
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
  window.Plotly.Fx.hover(plotOf(chart), [{ curveNumber: 0, pointNumber: at }]);
  window.portalSays(words[at]);
});

(window.dash_clientside ??= {}).charts = {
  mount,
  // What shows a chart in another way follows its numbers.
  answered() {
    const charts = window.dash_clientside.callback_context.inputs_list[0].map(({ id }) => id.chart);
    charts.filter((chart) => cardOf(chart)?.dataset.mode).forEach((chart) => tried(draw(chart)));
  },
  clicked() {
    const { triggered_id: id, triggered: [{ value } = {}] } = window.dash_clientside.callback_context;
    if (!value?.points) return;
    set(id, { clickData: null }); // so that a second click on the same bar is one
    filter(id.chart, [value.points[0].customdata].flat()[0]);
  },
  chosen() {
    const { chart, action } = window.dash_clientside.callback_context.triggered_id ?? {};
    tried(actions[action]?.(chart));
  },
};
