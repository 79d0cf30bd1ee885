// The address says what a page shows: filters, search, order, page, and what stands open at its side. Dash's router makes
// a page anew at every change of the address, which loses focus, scroll position and open menus; here a change within
// the page that is shown only changes its stores, and its callback answers with properties.
(() => {
  "use strict";
  const FIELDS = 'input[type="search"][id*="control"]';
  const AT_THE_SIDE = ["lead", "note"];
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const page = () => document.getElementById("page")?.dataset ?? {};
  const said = () => new URLSearchParams(location.search);
  const context = () => window.dash_clientside.callback_context;
  let [typing, composing] = [false, false]; // what is typed never comes back from the address; half a word is no word

  // The address as the two stores hold it. The brand is that of the page, whatever the address leaves out.
  function parts() {
    const [view, details] = [said(), new URLSearchParams()];
    for (const name of AT_THE_SIDE.filter((one) => view.has(one))) {
      details.set(name, view.get(name));
      if (name === "note" && view.has("q")) details.set("q", view.get("q"));
      view.delete(name);
    }
    if (page().brand) [view, details].forEach((query) => query.set("brand", page().brand));
    view.sort(); // equal views are equal, whatever the order of a link
    return { view: view.toString(), details: details.toString() };
  }
  let shown = parts();

  function show(isAgain) {
    const now = parts();
    if (isAgain || now.view !== shown.view) set({ type: "view", page: page().name }, { data: now.view });
    if (now.details !== shown.details) set("details-view", { data: now.details });
    shown = now;
    for (const { id, value } of typing ? [] : document.querySelectorAll(FIELDS)) {
      const words = said().get(JSON.parse(id).parameter) ?? "";
      if (value.trim() !== words) set(JSON.parse(id), { value: words });
    }
    document.dispatchEvent(new CustomEvent("portal-view"));
  }

  function follow(event) {
    if (page().path !== location.pathname || page().empty) return (shown = parts());
    event.stopImmediatePropagation();
    show(false);
  }
  addEventListener("popstate", follow);
  addEventListener("_dashprivate_pushstate", follow);

  function go(query, how = "pushState") {
    const href = query.size ? `${location.pathname}?${query}` : location.pathname;
    if (href === location.pathname + location.search) return;
    history[how]({}, "", href);
    dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  }

  function without(...names) {
    const query = said();
    names.forEach((name) => query.delete(name));
    if (page().brand) query.set("brand", page().brand);
    return query;
  }

  function toggle(name, value) {
    const held = said().getAll(name);
    const rest = held.filter((one) => one.toLowerCase() !== value.toLowerCase());
    const query = without("page", name, ...AT_THE_SIDE);
    (rest.length < held.length ? rest : [...held, value]).forEach((one) => query.append(name, one));
    go(query);
  }

  // A control was changed: a search field, a menu, the pager. What it was set to by an answer is in the address already.
  function choose(parameter, value) {
    const otherwise = { page: "1", size: "25", sort: document.getElementById("table")?.dataset.sort }[parameter];
    const wanted = [value ?? ""].flat().map((one) => String(one).trim()).filter((one) => one && one !== otherwise);
    const isSearch = typeof value === "string" && otherwise === undefined;
    if ((isSearch && composing) || wanted.join("\n") === said().getAll(parameter).join("\n")) return;
    const query = without("page", parameter);
    wanted.forEach((one) => query.append(parameter, one));
    typing = isSearch;
    go(query, isSearch ? "replaceState" : "pushState");
    typing = false;
  }

  const acts = {
    chosen: () => context().triggered_id && choose(context().triggered_id.parameter, context().triggered[0].value),
    cleared: () => context().triggered_id && set({ ...context().triggered_id, type: "control" }, { value: "" }),
    closed: (isOpen) => isOpen === false && AT_THE_SIDE.some((name) => said().has(name)) && go(without(...AT_THE_SIDE)),
    brand: (slug) => slug && slug !== page().brand && location.assign(`${location.pathname}?brand=${encodeURIComponent(slug)}`),
    again: (clicks) => clicks && show(true),
  };

  // A word is looked for when an input method has chosen it, and at once with Enter.
  const searched = ({ target }) => target.matches?.(FIELDS) && choose(JSON.parse(target.id).parameter, target.value);
  addEventListener("compositionstart", () => (composing = true), true);
  addEventListener("compositionend", (event) => searched(event, (composing = false)), true);
  addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && searched(event));

  addEventListener("click", (event) => {
    const link = event.target.closest?.("a.view-link[href], a.door, a.door-beside");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (link.pathname === location.pathname) return go(new URL(link.href).searchParams);
    history.pushState({}, "", link.href);
    dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    scrollTo(0, 0);
  });

  const silent = (act) => (...values) => (act(...values), window.dash_clientside.no_update);
  window.portalAddress = { toggle, choose, again: () => show(true), said };
  (window.dash_clientside ??= {}).address = Object.fromEntries(Object.entries(acts).map(([name, act]) => [name, silent(act)]));
})();
