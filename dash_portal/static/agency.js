// The agency's pages work without this script; with it they keep themselves up to date, search as one types, copy
// links, test web keys and preview colours.
(() => {
  "use strict";
  const say = (words) => { document.getElementById("said").textContent = words; };

  // Parts that keep themselves up to date. The server sends the same HTML anew; only what differs is exchanged, so
  // that focus, open details and the scroll position stay.
  function freshen(old, fresh) {
    if (old.outerHTML === fresh.outerHTML) return;
    const oldList = old.querySelector(":scope [data-list]");
    const freshList = fresh.querySelector(":scope [data-list]");
    if (oldList && freshList) {
      freshenList(oldList, freshList);
      freshList.replaceWith(oldList.cloneNode(true));
      if (old.outerHTML === fresh.outerHTML) return;
      const kept = oldList;
      fresh.querySelector(":scope [data-list]").replaceWith(kept);
      swap(old, fresh);
      return;
    }
    swap(old, fresh);
  }

  function swap(old, fresh) {
    const open = [...old.querySelectorAll("details[open]"), ...(old.matches("details[open]") ? [old] : [])].map((one) => one.id);
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const place = focused ? [...old.querySelectorAll("a, button, summary, input")].indexOf(focused) : -1;
    old.replaceWith(fresh);
    for (const id of open) {
      const again = id && document.getElementById(id);
      if (again) again.open = true;
    }
    if (place >= 0) fresh.querySelectorAll("a, button, summary, input")[place]?.focus({ preventScroll: true });
  }

  function freshenList(old, fresh) {
    const known = new Map([...old.children].map((one) => [one.dataset.key, one]));
    let before = null;
    for (const one of [...fresh.children]) {
      const had = known.get(one.dataset.key);
      const wanted = before ? before.nextElementSibling : old.firstElementChild;
      let stays = one.cloneNode(true);
      if (had) {
        known.delete(one.dataset.key);
        if (wanted !== had) old.insertBefore(had, wanted);
        const opened = had.matches("details[open]");
        if (same(had, stays, opened)) stays = had; else swap(had, stays);
      } else {
        old.insertBefore(stays, wanted);
      }
      before = stays;
    }
    for (const gone of known.values()) gone.remove();
  }

  function same(had, fresh, opened) {
    if (opened) fresh.setAttribute("open", "");
    return had.outerHTML === fresh.outerHTML;
  }

  function freshenAll(place, html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    const known = new Map([...place.children].map((one) => [one.dataset.key, one]));
    for (const one of [...fresh.children]) {
      const had = known.get(one.dataset.key);
      if (had) freshen(had, document.importNode(one, true));
      else place.append(document.importNode(one, true));
    }
  }

  async function update(place) {
    const asked = new URL(place.dataset.live, location.href);
    if (place.dataset.mark) asked.searchParams.set("seen", place.dataset.mark);
    const answer = await fetch(asked);
    if (!answer.ok) throw new Error(String(answer.status));
    if (answer.status === 204) return; // shown just so already
    freshenAll(place, await answer.text());
    place.dataset.mark = answer.headers.get("X-Mark");
  }

  for (const place of document.querySelectorAll("[data-live]")) {
    const every = Number(place.dataset.every);
    let failures = 0;
    const again = async () => {
      if (!document.hidden) {
        try {
          await update(place);
          failures = 0;
        } catch {
          failures += 1;
          if (failures === 3) say("The page can't be brought up to date right now; it keeps trying.");
        }
      }
      setTimeout(again, every * Math.min(10, 1 + failures));
    };
    setTimeout(again, every);
  }

  // Buttons that change something on a live page: sent without leaving it, shown as soon as it is noted.
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-quiet]");
    const place = document.querySelector("[data-live]");
    if (!form || !place) return;
    event.preventDefault();
    const button = event.submitter;
    if (!button || button.disabled) return;
    button.disabled = true;
    try {
      const answer = await fetch(button.formAction, { method: "POST", body: new FormData(form) });
      if (!answer.ok) throw new Error(String(answer.status));
      await update(place);
      const told = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".notice[role]");
      if (told) say(told.textContent);
    } catch {
      say("That did not work. Please try again.");
    } finally {
      button.disabled = false;
    }
  });

  // Lists that are searched as one types.
  document.addEventListener("input", (event) => {
    const field = event.target.closest("[data-filter]");
    if (!field) return;
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const list = document.getElementById(field.dataset.filter);
    let shown = 0;
    for (const one of list.children) {
      const text = one.textContent.toLowerCase();
      one.hidden = !words.every((word) => text.includes(word));
      if (!one.hidden) shown += 1;
    }
    const none = list.closest(".menu-list, .card").querySelector("[data-none]");
    if (none) none.hidden = shown > 0;
  });
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest?.(".menu-list [data-filter]");
    if (field && event.key === "Enter") {
      event.preventDefault();
      document.getElementById(field.dataset.filter).querySelector(":scope > :not([hidden]) a")?.click();
    }
    if (event.key === "Escape") {
      const menu = event.target.closest?.("details.menu[open]");
      if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
    }
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.menu[open]")) event.target.querySelector("[data-filter]")?.focus();
  }, true);
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  // A short name proposed from the name, until someone writes one.
  const namesOf = document.querySelector("[data-names]");
  const slug = namesOf && document.getElementById(namesOf.dataset.names);
  if (slug && !slug.value) {
    let own = false;
    slug.addEventListener("input", () => { own = slug.value !== ""; });
    namesOf.addEventListener("input", () => {
      if (own) return;
      slug.value = namesOf.value.normalize("NFKD").toLowerCase().replace(/[\u0300-\u036f']/g, "").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 63);
    });
  }

  // Trying a web key before it is saved.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-test]");
    if (!button) return;
    const words = document.getElementById("test-words");
    const show = (text, look) => {
      words.hidden = false;
      words.className = "notice test-words" + (look ? " notice-" + look : "");
      words.textContent = text;
    };
    const form = new FormData();
    form.set("csrf_token", button.closest("form").elements.csrf_token.value);
    form.set("web_key", document.getElementById("web_key").value);
    form.set("brand", button.dataset.brand || "");
    button.disabled = true;
    show("Asking…", "");
    try {
      let told = await (await fetch(button.dataset.test, { method: "POST", body: form })).json();
      if (told.words) show(told.words, "");
      while (!told.done) {
        await new Promise((resume) => setTimeout(resume, 700));
        told = await (await fetch(button.dataset.test + "/" + told.id)).json().then((next) => ({ id: told.id, ...next }));
      }
      show(told.words, told.works ? "good" : "bad");
    } catch {
      show("The test could not be made. Please try again.", "bad");
    } finally {
      button.disabled = false;
    }
  });

  // The accent colour: its shade on the page, and whether it can be seen.
  const accent = document.querySelector("[data-accent]");
  if (accent) {
    const picker = document.querySelector("[data-picks]");
    const preview = document.getElementById("accent-preview");
    const words = document.getElementById("accent-words");
    const look = async () => {
      const told = await (await fetch(accent.dataset.accent + "?colour=" + encodeURIComponent(accent.value))).json();
      words.textContent = told.words;
      preview.style.setProperty("--drawn", told.drawn || "var(--accent)");
      preview.style.setProperty("--on-drawn", told.text || "var(--on-accent)");
      if (told.valid && told.drawn) picker.value = accent.value;
    };
    let pause = 0;
    accent.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(look, 200); });
    picker.addEventListener("input", () => { accent.value = picker.value; clearTimeout(pause); pause = setTimeout(look, 100); });
    look();
  }
})();
