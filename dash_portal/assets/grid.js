// AG Grid's cells hold what only a renderer can draw (links, badges, marked words), and its columns are the reader's own:
// Dash keeps neither their order nor their widths, and would sort the rows of one page only.
(() => {
  "use strict";
  const isNarrow = matchMedia("(max-width: 640px)");
  const arranged = new WeakSet();
  const page = () => document.getElementById("page")?.dataset.name;
  const api = () => window.dash_ag_grid.getApiAsync({ type: "grid", page: page() });
  const draw = window.React.createElement;

  (window.dashAgGridFunctions ??= {}).sortedByTheServer = () => 0;

  function piece(one, key) {
    if (typeof one !== "object" || one === null) return one;
    const { text, tag, ...attributes } = one;
    return draw(attributes.href ? "a" : tag || "span", { key, ...attributes }, text);
  }
  (window.dashAgGridComponentFunctions ??= {}).Pieces = ({ value, colDef }) =>
    draw("span", { className: `cell cell-${colDef.field}` }, [value ?? ""].flat().map(piece));

  const wantedOrder = () => window.portalAddress.said().get("sort") || document.getElementById("table")?.dataset.sort;
  function orderOf(grid) {
    const sorted = grid.getColumnState().find(({ sort }) => sort);
    return sorted ? `${sorted.sort === "desc" ? "-" : ""}${sorted.colId}` : "";
  }
  function showOrder(grid) {
    const order = wantedOrder();
    if (!order || order === orderOf(grid)) return;
    grid.applyColumnState({ state: [{ colId: order.replace("-", ""), sort: order.startsWith("-") ? "desc" : "asc" }], defaultState: { sort: null } });
  }
  document.addEventListener("portal-view", async () => document.querySelector(".ag-root") && showOrder(await api()));

  function kept(state) {
    try {
      if (state) localStorage.setItem(`columns-${page()}`, JSON.stringify(state));
      return JSON.parse(localStorage.getItem(`columns-${page()}`)) ?? [];
    } catch {
      return []; // storage may be switched off: then they last as long as the page
    }
  }

  function fit(grid, chosen) {
    const wanted = isNarrow.matches ? ["narrow"] : chosen;
    const names = grid.getColumns().map((column) => column.getColId());
    for (const shown of [false, true]) grid.setColumnsVisible(names.filter((name) => wanted.includes(name) === shown), shown);
    grid.setGridOption("headerHeight", isNarrow.matches ? 0 : undefined);
  }

  async function arrange([chosen]) {
    if (!chosen) return;
    const grid = await api();
    if (!arranged.has(grid)) {
      arranged.add(grid);
      grid.applyColumnState({ state: kept(), applyOrder: true });
      showOrder(grid);
      grid.addEventListener("sortChanged", () => orderOf(grid) && window.portalAddress.choose("sort", orderOf(grid)));
      for (const change of ["columnResized", "columnMoved"]) {
        grid.addEventListener(change, ({ source, finished }) => {
          if (finished && source.startsWith("ui")) kept(grid.getColumnState().map(({ colId, width, flex }) => ({ colId, width, flex })));
        });
      }
    }
    isNarrow.onchange = () => grid.isDestroyed() || fit(grid, chosen);
    fit(grid, chosen);
  }

  const opener = (row) => row && document.querySelector(`.ag-row[row-id="${CSS.escape(row.getAttribute("row-id"))}"] a.door`);
  addEventListener("click", ({ target }) => {
    if (!target.closest?.("a, button") && String(getSelection()) === "") opener(target.closest?.(".ag-row"))?.click();
  });
  addEventListener("keydown", ({ key, target }) => {
    if (key === "Enter" && target.matches?.(".ag-cell")) (target.querySelector("a") ?? opener(target.closest(".ag-row")))?.click();
  });

  (window.dash_clientside ??= {}).grid = { arranged: (values) => (arrange(values), window.dash_clientside.no_update) };
})();
