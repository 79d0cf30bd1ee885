// What dcc.Graph leaves open: the same chart in ECharts (mounted, resized, disposed), whole rows as targets of pointer and
// keyboard, and a picture. dcc.Clipboard can't be reached by keyboard and doesn't tell when it fails: the menu copies.
const set = (id, props) => window.dash_clientside.set_props(id, props);
const cardOf = (chart) => document.getElementById(`card-${chart}`);
const answerOf = (chart) => window.dash_component_api.getLayout({ type: "numbers", chart }).props.data;
async function mount(element, option) {
  const echarts = await import(document.documentElement.dataset.echarts || "/vendor/echarts.min.js");
  let drawn = echarts.getInstanceByDom(element);
  if (!drawn) {
    drawn = echarts.init(element, null, { renderer: "svg" });
    // An element that has left the page shrinks to nothing, which the observer reports: no one has to unmount by hand.
    new ResizeObserver(() => (element.isConnected ? drawn.resize() : drawn.dispose())).observe(element);
  }
  drawn.setOption({ ...option, animation: !matchMedia("(prefers-reduced-motion: reduce)").matches }, true);
}
async function asked(address, chart, form = "") {
  const answer = await fetch(`${address}?${answerOf(chart).query}${form}`);
  if (!answer.ok) throw new Error(`The chart could not be loaded (${answer.status})`);
  return answer.json();
}
const config = async (chart, form) => (await asked(`/api/charts/${chart}`, chart, `&format=${form}`)).config;

// What a card shows in place of Plotly's drawing; its table comes from the server, and only while somebody looks at it.
// React lays it out anew when it has come: a link's focus is held until then.
async function draw(chart) {
  const [card, focused] = [cardOf(chart), cardOf(chart).querySelector(".chart-table a:focus")?.id];
  set({ type: "chart-table-view", chart }, { data: card.dataset.mode === "table" ? answerOf(chart).query : null });
  if (card.dataset.mode === "echarts") await mount(card.querySelector(".chart-echarts"), await config(chart, "echarts"));
  const hold = () => document.activeElement === document.body && document.getElementById(focused)?.focus();
  for (let frames = 600; focused && frames; frames--) await new Promise(requestAnimationFrame).then(hold);
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
const copied = async (chart, form) => navigator.clipboard.writeText(JSON.stringify(await config(chart, form), null, 2));
const actions = {
  table: (chart) => show(chart, "table"),
  echarts: (chart) => show(chart, "echarts"),
  "copy-option": (chart) => copied(chart, "echarts").then(() => window.portalSays("The ECharts option is copied", "said")),
  "copy-data": (chart) => copied(chart, "data").then(() => window.portalSays("The data is copied", "said")),
  png: async (chart) => window.Plotly.downloadImage(...(await asked(`/export/charts/${chart}/picture`, chart))),
};
const tried = (drawn) => drawn?.catch(() => window.portalFailed("This chart could not be loaded."));

// A row is a target with its name and the empty part of its bar, whatever engine draws it; a number that leads elsewhere
// is one of its own. By keyboard where it stands: arrows go from one to the next and say it, Enter filters by it.
function pointed(drawing, { start, step, own, rows }, { clientX, clientY }) {
  const { left, top } = drawing.getBoundingClientRect();
  const [across, down, width] = [clientX - left, clientY - top + drawing.scrollTop, drawing.clientWidth];
  const row = Math.floor(drawing.matches(".is-across") ? across / width / step : (down - start) / step);
  drawing.title = across < own[0] ? (rows[row]?.[0][1] ?? "") : ""; // beside the names, where the engine explains nothing
  return [row, rows[row]?.[1] && across >= own[0] + (width - own[0]) * own[1] ? 1 : 0];
}
const STEPS = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1], Enter: [0, 0] };
function stepped(drawing, { rows }, { key }) {
  const [down, right] = drawing.matches(".is-across") ? [STEPS[key][1] || STEPS[key][0], 0] : STEPS[key];
  const row = Math.max(0, Math.min(rows.length - 1, Number(drawing.dataset.row ?? -1) + down));
  return [row, Math.max(0, Math.min((rows[row]?.length ?? 1) - 1, down ? 0 : Number(drawing.dataset.place ?? 0) + right))];
}
for (const gesture of ["pointermove", "click", "keydown"])
  addEventListener(gesture, (event) => {
    const [drawing, isKey] = [event.target.closest?.(".chart-drawing"), gesture === "keydown"];
    if (!drawing || (isKey && !STEPS[event.key])) return;
    const chart = drawing.id.replace(/-drawing$/, "");
    const [row, place] = (isKey ? stepped : pointed)(drawing, answerOf(chart), event);
    const [href, words] = answerOf(chart).rows[row]?.[place] ?? [];
    Object.assign(drawing.dataset, { row, place });
    drawing.style.setProperty("--row", words ? row : -9);
    if ((gesture === "click" && event.isTrusted) || event.key === "Enter") window.dash_clientside.address.follow(href);
    if (!isKey) return;
    event.preventDefault();
    window.portalSays(words);
    window.Plotly.Fx.hover(cardOf(chart).querySelector(".js-plotly-plot"), [{ curveNumber: 0, pointNumber: row }]);
  });
(window.dash_clientside ??= {}).charts = {
  mount,
  answered() { // what shows a chart in another way follows its numbers
    const charts = window.dash_clientside.callback_context.inputs_list[0].map(({ id }) => id.chart);
    charts.filter((chart) => cardOf(chart)?.dataset.mode).forEach((chart) => tried(draw(chart)));
  },
  chosen() {
    const { chart, action } = window.dash_clientside.callback_context.triggered_id ?? {};
    tried(actions[action]?.(chart));
  },
};
