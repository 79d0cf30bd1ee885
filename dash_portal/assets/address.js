// Dash's router makes a page anew at every change of the address, which loses focus, scroll position and open menus;
// here a change within the page that is shown only changes its stores, and its callback answers with properties.
const FIELDS = 'input[type="search"][id*="control"]';
const AT_THE_SIDE = ["lead", "note"];
const set = (id, props) => window.dash_clientside.set_props(id, props);
const page = () => document.getElementById("page")?.dataset ?? {};
const said = () => new URLSearchParams(location.search);
const isOpen = () => AT_THE_SIDE.some((name) => said().has(name));
let composing = false; // half a word is no word

// The address as the two stores hold it. The brand is that of the page, whatever the address leaves out.
function parts() {
  const view = said();
  if (page().brand) view.set("brand", page().brand);
  const details = isOpen() ? view.toString() : "";
  AT_THE_SIDE.forEach((name) => view.delete(name));
  view.sort(); // equal views are equal, whatever the order of a link
  return { view: view.toString(), details };
}
let [shown, opened] = [parts(), parts().view]; // what the stores hold, and the view of the page as it came

// What is typed never comes back from the address.
function show(isTyped) {
  const now = parts();
  if (now.view !== shown.view) set({ type: "view", page: page().name }, { data: now.view });
  if (now.details !== shown.details) set("details-view", { data: now.details });
  shown = now;
  for (const { id, value } of isTyped ? [] : document.querySelectorAll(FIELDS)) {
    const words = said().get(JSON.parse(id).parameter) ?? "";
    if (value.trim() !== words) set(JSON.parse(id), { value: words });
  }
}

const here = (query) => (String(query) ? `${location.pathname}?${query}` : location.pathname);
function go(href, how = "pushState") {
  if (!href || href === location.pathname + location.search) return;
  history[how]({}, "", href);
  dispatchEvent(new CustomEvent("_dashprivate_pushstate", { detail: how }));
}

for (const change of ["popstate", "_dashprivate_pushstate"]) {
  addEventListener(change, (event) => {
    if (page().path !== location.pathname || page().empty) return ({ view: opened } = shown = parts());
    event.stopImmediatePropagation();
    show(event.detail === "replaceState");
  });
}

// A link says what it changes of the answer that it stands in: what the address has taken up since, it keeps.
function follow(href = "") {
  const [path, query] = href.split("?");
  const { asked = opened } = window.dash_component_api.getLayout({ type: "shown", page: page().name }).props.data;
  if (path !== location.pathname || asked === shown.view) return go(href);
  const [was, then, now] = [asked, query, shown.view].map((text) => new URLSearchParams(text));
  for (const [name, value] of [...was, ...then])
    if (name !== "brand" && was.has(name, value) !== then.has(name, value))
      now[now.has(name, value) ? "delete" : "append"](name, value);
  now.delete("page");
  go(here(now));
}

// A control was changed: a search field, a menu, the pager. What it was set to by an answer is in the address already.
function choose(parameter, value) {
  const otherwise = { page: "1", size: "25", sort: document.getElementById("table")?.dataset.sort }[parameter];
  const wanted = [value ?? ""].flat().map((one) => String(one).trim()).filter((one) => one && one !== otherwise);
  const isSearch = typeof value === "string" && otherwise === undefined;
  if ((isSearch && composing) || wanted.join("\n") === said().getAll(parameter).join("\n")) return;
  const kept = [...new URLSearchParams(parts().view)].filter(([name]) => ![parameter, "page"].includes(name));
  const query = new URLSearchParams([...kept, ...wanted.map((words) => [parameter, words])]);
  go(here(query), isSearch ? "replaceState" : "pushState");
}

// A word is looked for when an input method has chosen it, and at once with Enter.
const searched = ({ target }) => target.matches?.(FIELDS) && choose(JSON.parse(target.id).parameter, target.value);
addEventListener("compositionstart", () => (composing = true), true);
addEventListener("compositionend", (event) => searched(event, (composing = false)), true);
addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && searched(event));

addEventListener("click", (event) => {
  const link = event.target.closest?.("a.view-link[href], a.door, a.door-beside");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.pathname !== location.pathname) scrollTo(0, 0);
  (link.matches(".chip-clear") ? go : follow)(link.pathname + link.search); // what is clicked before is cleared too
});

(window.dash_clientside ??= {}).address = {
  choose, follow, isOpen, // for the other scripts; the rest are callbacks
  chosen() { // what an answer has set is told in one with what was typed meanwhile, in any order
    for (const { prop_id: name, value } of window.dash_clientside.callback_context.triggered) {
      const id = name.slice(0, name.lastIndexOf("."));
      const field = document.querySelector(`${FIELDS}[id='${id}']`);
      // With an answer that came late Dash tells the word before: what the field holds now was looked for, or will be.
      if (id && (field?.value ?? value) === value) choose(JSON.parse(id).parameter, value);
    }
  },
  cleared: () => (choose(window.dash_clientside.callback_context.triggered_id.parameter, ""), ""),
  closed: (open) => void (open === false && isOpen() && go(here(parts().view))),
  brand: (slug) => void (slug && slug !== page().brand && location.assign(`?brand=${encodeURIComponent(slug)}`)),
  again: () => set({ type: "view", page: page().name }, { data: shown.view }),
};
