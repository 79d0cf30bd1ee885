// Light or dark: as the system says until the reader chooses, and then as they chose. It runs before the first paint, and
// before Dash.
(() => {
  "use strict";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  window.portalMemory = {}; // storage may be switched off: then a choice lasts as long as the page
  try {
    window.portalMemory = window.localStorage;
  } catch {}

  function apply() {
    const chosen = window.portalMemory.theme ?? "";
    root.dataset.bsTheme = root.dataset.agThemeMode = chosen || (system.matches ? "dark" : "light");
    for (const button of document.querySelectorAll("[data-choose-theme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.chooseTheme === chosen));
      button.closest("[hidden]")?.removeAttribute("hidden");
    }
  }

  apply();
  system.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", apply);
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-choose-theme], #theme-button");
    if (!button) return;
    window.portalMemory.theme = button.dataset.chooseTheme ?? (root.dataset.bsTheme === "dark" ? "light" : "dark");
    apply();
  });
})();
