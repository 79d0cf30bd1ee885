// The table engine is larger than all the rest, and only the notes need it. Their document brings it along; any other
// page fetches it when someone is about to go to the notes (the pointer on a link to them, the focus), and at the latest
// when their table is to be drawn. Until it is there, this stands in for it.
(() => {
  "use strict";
  if (window.dash_ag_grid) return;
  const { Suspense, createElement, lazy } = window.React;
  let coming = null;

  function fetched(address) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      Object.assign(script, { src: address, async: false, onload: resolve, onerror: reject });
      document.head.append(script);
    });
  }

  function engine() {
    const addresses = document.documentElement.dataset.tableEngine.split(" ");
    coming ??= Promise.all(addresses.map(fetched)).then(() => window.dash_ag_grid);
    return coming;
  }

  const Table = lazy(() =>
    engine().then(
      ({ AgGrid }) => ({ default: AgGrid }),
      () => {
        window.portalFailed("The table could not be loaded.", () => location.reload());
        return new Promise(() => {});
      },
    ),
  );
  const AgGrid = (properties) => createElement(Suspense, { fallback: null }, createElement(Table, properties));
  AgGrid.dashRenderType = true;

  window.dash_ag_grid = { AgGrid, getApiAsync: (id) => engine().then(({ getApiAsync }) => getApiAsync(id)) };

  function prepare({ target }) {
    if (!(target instanceof Element) || !target.closest('a[href^="/notes"]')) return;
    engine().catch(() => {
      coming = null;
    });
  }
  document.addEventListener("pointerover", prepare);
  document.addEventListener("focusin", prepare);
})();
