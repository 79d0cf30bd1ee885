// The address says what the page shows. Links, clicked charts and typed words change it; Dash answers with the page.
(() => {
  "use strict";
  const POINTS_INTO_AN_ANSWER = ["page", "lead", "note"];

  const page = () => document.getElementById("page");
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const here = () => `${location.pathname}${location.search}`;
  let shown = here();

  // Another page comes by Dash's router, which listens to this event. Another view of the same page comes by the page's
  // one callback, which changes what is different and leaves the rest (fields, scroll, open menus) alone.
  function show() {
    shown = here();
    const { path, name, whole: isWithoutRows } = page()?.dataset ?? {};
    if (path !== location.pathname) {
      window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    } else if (isWithoutRows) {
      location.reload();
    } else {
      set(`${name}-view`, { data: pinned(location.search).toString() });
    }
  }

  // The address changed, and not by typing: the search fields follow.
  const tellFields = () => document.dispatchEvent(new CustomEvent("portal-address"));

  // The brand is that of the page, whatever the address leaves out.
  function pinned(text) {
    const query = new URLSearchParams(text);
    const brand = page()?.dataset.brand;
    if (brand) query.set("brand", brand);
    return query;
  }

  function go(href, { top = false } = {}) {
    if (href === here()) return;
    history.pushState({}, "", href);
    show();
    tellFields();
    if (top) window.scrollTo(0, 0);
  }

  // Back and Forward within a page: Dash would make the whole page anew, and is not told. A mere jump is no change.
  window.addEventListener("popstate", (event) => {
    if (page()?.dataset.path !== location.pathname) {
      shown = here();
      return;
    }
    event.stopImmediatePropagation();
    if (shown === here()) return;
    show();
    tellFields();
  });

  // Ask for the same view again: its data may have changed, or never came.
  function again() {
    show();
    document.dispatchEvent(new CustomEvent("portal-again"));
  }

  function changed(change) {
    const query = pinned(location.search);
    POINTS_INTO_AN_ANSWER.forEach((name) => query.delete(name));
    change(query);
    const text = query.toString();
    return text ? `${location.pathname}?${text}` : location.pathname;
  }

  function toggle(name, value) {
    return changed((query) => {
      const held = query.getAll(name);
      const rest = held.filter((one) => one.toLowerCase() !== value.toLowerCase());
      query.delete(name);
      (rest.length < held.length ? rest : [...held, value]).forEach((one) => query.append(name, one));
    });
  }

  const withValue = (name, value) => changed((query) => (value ? query.set(name, value) : query.delete(name)));

  const isPlainClick = (event) =>
    event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

  document.addEventListener("click", (event) => {
    if (!isPlainClick(event) || event.defaultPrevented) return;
    const link = event.target.closest("a");
    if (link?.dataset.nav) {
      event.preventDefault();
      link.closest("details.menu:not(.facet)")?.removeAttribute("open");
      go(link.getAttribute("href"), { top: link.dataset.nav === "page" });
      return;
    }
    // A row is as good as its link, but a selection of its text is not a click.
    const row = event.target.closest("tr.opens");
    if (row && !link && !event.target.closest("button") && String(window.getSelection()) === "") {
      row.querySelector("a.row-link").click();
    }
  });

  // A click on a chart filters by what was clicked; on the folded tail it opens it.
  document.addEventListener("portal-chart-click", (event) => {
    const card = event.target.closest("[data-chart]");
    if (!card?.dataset.click) return;
    const { key } = event.detail;
    go(key === "*" ? toggle("open", card.dataset.chart) : toggle(card.dataset.click, key));
  });

  // What is typed changes the view, but is no step to go back to.
  function search(name, text) {
    if (text === (new URLSearchParams(location.search).get(name) || "")) return;
    history.replaceState({}, "", withValue(name, text));
    show();
  }

  window.portalNavigation = { go, again, search, toggle };
})();
