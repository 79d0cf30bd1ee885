// The notes table: matches marked in plain text, filled with the rows that each answer of the page brings along and then
// block by block, opened by click or Enter.
(() => {
  "use strict";
  const GRID = "notes-grid";
  const filledWith = new WeakMap(); // the table's element -> the first block of what it shows
  let asked = 0; // the number of the latest block that was asked for
  const none = () => window.dash_clientside.no_update;

  const components = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  components.NoteContent = ({ value }) =>
    window.React.createElement(
      "span",
      { className: "note-snippet" },
      (value || []).map(([text, isMatch], place) =>
        isMatch ? window.React.createElement("mark", { key: place }, text) : text,
      ),
    );
  components.NoteDate = ({ value, data }) =>
    window.React.createElement(
      "span",
      { className: "note-date" },
      value || "",
      window.React.createElement("span", { className: "quiet" }, data ? data.time : ""),
    );

  // The page's answer brought its first rows. Those of other filters begin at the top; of newer data, where one has
  // scrolled to.
  async function refill(first) {
    const table = document.getElementById(GRID);
    const shown = filledWith.get(table);
    if (!shown) return none(); // a new table asks by itself
    filledWith.set(table, first);
    const grid = await window.dash_ag_grid.getApiAsync(GRID);
    if (first.filters !== shown.filters) {
      if (grid.getDisplayedRowCount()) grid.ensureIndexVisible(0);
      grid.purgeInfiniteCache();
    } else if (first.version !== shown.version) {
      grid.refreshInfiniteCache();
    }
    return none();
  }

  // Another try: the table waits for ever for a block whose call has failed, and asks for no other in the meantime.
  document.addEventListener("portal-again", async () => {
    if (!document.getElementById(GRID)) return;
    const grid = await window.dash_ag_grid.getApiAsync(GRID);
    const blocks = Object.values(grid.getCacheBlockState());
    if (blocks.every((block) => block.pageStatus === "loaded")) return;
    asked += 1;
    const askAnew = () => {
      grid.removeEventListener("modelUpdated", askAnew);
      grid.purgeInfiniteCache();
    };
    grid.addEventListener("modelUpdated", askAnew);
    window.dash_clientside.set_props(GRID, { getRowsResponse: { rowData: [], rowCount: 0 } });
  });

  const orderOf = (request) => {
    const first = request?.sortModel?.[0];
    return first ? `${first.sort === "desc" ? "-" : ""}${first.colId}` : "";
  };

  // The table asks for a block of rows: the first one is here, the others are the server's to answer.
  function ask(request, first) {
    if (!request || !first) return [none(), none()];
    const order = orderOf(request);
    keepOrder(order);
    if (isNarrow.matches) fitColumns();
    filledWith.set(document.getElementById(GRID), first);
    asked += 1;
    if (request.startRow === 0 && order === first.sort) {
      return [{ rowData: first.rowData, rowCount: first.rowCount }, none()];
    }
    const { startRow, endRow, sortModel } = request;
    return [none(), { number: asked, startRow, endRow, sortModel }];
  }

  // An answer to what was asked before is nobody's any more.
  function deliver({ number, rowData, rowCount }) {
    return number === asked ? { rowData, rowCount } : none();
  }

  // A phone has room for when and what; who and whom stand in the opened note.
  const isNarrow = window.matchMedia("(max-width: 640px)");
  async function fitColumns() {
    if (!document.getElementById(GRID)) return;
    const grid = await window.dash_ag_grid.getApiAsync(GRID);
    grid.setColumnsVisible(["author", "kind", "contact"], !isNarrow.matches);
    grid.setColumnWidths([{ key: "date", newWidth: isNarrow.matches ? 122 : 130 }]);
  }
  isNarrow.addEventListener("change", fitColumns);

  // The order is part of the view, too: a link to it shows the same.
  function keepOrder(order) {
    const query = new URLSearchParams(location.search);
    if (!order || order === (query.get("sort") || "-date")) return;
    if (order === "-date") query.delete("sort");
    else query.set("sort", order);
    history.replaceState({}, "", query.size ? `${location.pathname}?${query}` : location.pathname);
  }

  function open(row) {
    const id = row?.getAttribute("row-id");
    if (!id) return;
    const query = new URLSearchParams(location.search);
    query.set("note", id);
    window.portalNavigation.go(`${location.pathname}?${query}`);
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest(`#${GRID} .ag-row`) && String(window.getSelection()) === "") {
      open(event.target.closest(".ag-row"));
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches?.(`#${GRID} .ag-cell`)) open(event.target.closest(".ag-row"));
  });

  window.dash_clientside = Object.assign(window.dash_clientside || {}, { notes: { refill, ask, deliver } });
})();
