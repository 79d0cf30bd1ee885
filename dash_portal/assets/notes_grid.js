// The notes table: matches marked in plain text, refilled when the view changes, opened by click or Enter.
(() => {
  "use strict";
  const GRID = "notes-grid";
  let filledFor = null;
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

  // What of the address decides which notes are listed.
  function filters(text) {
    const query = new URLSearchParams(text);
    ["note", "density", "sort"].forEach((name) => query.delete(name));
    return query.toString();
  }

  async function refill(view) {
    if (filters(view) === filledFor) return none();
    filledFor = filters(view);
    const grid = await window.dash_ag_grid.getApiAsync(GRID);
    if (grid.getDisplayedRowCount()) grid.ensureIndexVisible(0);
    grid.purgeInfiniteCache();
    return none();
  }

  // New data, or another try: the rows are read anew, where one has scrolled to.
  document.addEventListener("portal-again", async () => {
    if (!document.getElementById(GRID)) return;
    const grid = await window.dash_ag_grid.getApiAsync(GRID);
    const blocks = Object.values(grid.getCacheBlockState());
    if (blocks.every((block) => block.pageStatus === "loaded")) grid.refreshInfiniteCache();
    else giveUpWaiting(grid).then(() => grid.purgeInfiniteCache());
  });

  // The engine waits for ever for a block whose call has failed, and meanwhile asks for no other.
  function giveUpWaiting(grid) {
    return new Promise((done) => {
      const answered = () => {
        grid.removeEventListener("modelUpdated", answered);
        done();
      };
      grid.addEventListener("modelUpdated", answered);
      window.dash_clientside.set_props(GRID, { getRowsResponse: { rowData: [], rowCount: 0 } });
    });
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

  // Each time rows are asked for. The order is part of the view, too: a link to it shows the same.
  function keepSort(request) {
    const page = document.getElementById("page");
    const query = new URLSearchParams(location.search);
    const brand = page?.dataset.brand;
    if (brand) query.set("brand", brand);
    filledFor = filters(query.toString());
    if (isNarrow.matches) fitColumns();
    const first = request?.sortModel?.[0];
    const sort = first ? `${first.sort === "desc" ? "-" : ""}${first.colId}` : "";
    if (sort && sort !== (query.get("sort") || "-date")) {
      if (sort === "-date") query.delete("sort");
      else query.set("sort", sort);
      history.replaceState({}, "", query.size ? `${location.pathname}?${query}` : location.pathname);
    }
    return none();
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

  window.dash_clientside = Object.assign(window.dash_clientside || {}, { notes: { refill, keepSort } });
})();
