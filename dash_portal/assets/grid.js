// AG Grid's cells hold what only a renderer can draw (links, badges, marked words), and its columns are the reader's
// own: Dash keeps neither their order nor their widths, and would sort the rows of one page only.
const isNarrow = matchMedia("(max-width: 40rem)");
const draw = window.React.createElement;
function piece(one, key) {
  if (typeof one !== "object" || one === null) return one;
  const { text, tag, ...attributes } = one;
  return draw(attributes.href ? "a" : tag || "span", { key, ...attributes }, text);
}
(window.dashAgGridComponentFunctions ??= {}).Pieces = ({ value, colDef }) =>
  draw("span", { className: `cell cell-${colDef.field}` }, [value ?? ""].flat().map(piece));

// On a phone one column says the row in two lines.
function fit(grid, chosen) {
  const isShown = (name) => (isNarrow.matches ? name === "narrow" : chosen.includes(name));
  grid.applyColumnState({ state: grid.getColumnState().map(({ colId }) => ({ colId, hide: !isShown(colId) })) });
}

const isByHand = ({ source, finished }) => source.startsWith("ui") && finished !== false; // else the grid may be gone
window.dashAgGridFunctions = {
  order(event) {
    const { colId, sort } = (isByHand(event) && event.api.getColumnState().find((column) => column.sort)) || {};
    if (colId) window.dash_clientside.address.choose("sort", sort === "desc" ? `-${colId}` : colId);
  },
  remember(event, page) {
    const columns = isByHand(event) ? event.api.getColumnState() : [];
    const state = columns.map(({ colId, width, flex }) => ({ colId, width, flex }));
    if (state.length) window.portalMemory[`columns-${page}`] = JSON.stringify(state);
  },
  // A click anywhere in a row opens it; so does Enter in a cell, where that holds no link of its own.
  open({ data, event: { key, target } }) {
    if (target.closest("a") || (key && key !== "Enter") || String(getSelection())) return;
    const link = key && target.querySelector("a");
    if (link) link.click();
    else if (data.opens) window.dash_clientside.address.follow(data.opens);
  },
};
(window.dash_clientside ??= {}).grid = {
  async arranged([chosen]) {
    const [columns] = window.dash_clientside.callback_context.inputs_list[0];
    if (!chosen) return;
    const grid = await window.dash_ag_grid.getApiAsync({ type: "grid", page: columns.id.page });
    const state = JSON.parse(window.portalMemory[`columns-${columns.id.page}`] ?? "[]");
    grid.applyColumnState({ state, applyOrder: true });
    (isNarrow.onchange = () => grid.isDestroyed() || matchMedia("print").matches || fit(grid, chosen))(); // paper is wide
    return columns.id.page; // which table stands as it will stay
  },
};
