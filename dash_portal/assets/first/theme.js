// Light or dark: as the system says until the reader chooses, and then as they chose. It runs before the first paint, and
// before Dash.
(() => {
  "use strict";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const kept = (act) => {
    try {
      return act(window.localStorage);
    } catch {
      return null; // storage may be switched off: then the system decides, and a choice lasts as long as the page
    }
  };
  const chosen = () => kept((storage) => storage.getItem("theme"));

  function apply(theme) {
    root.dataset.bsTheme = root.dataset.agThemeMode = theme || (system.matches ? "dark" : "light");
    for (const button of document.querySelectorAll("[data-choose-theme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.chooseTheme === (chosen() || "")));
      button.closest("[hidden]")?.removeAttribute("hidden");
    }
  }

  // A blank theme means: as the system says.
  function choose(theme) {
    kept((storage) => (theme ? storage.setItem("theme", theme) : storage.removeItem("theme")));
    apply(theme);
  }

  apply(chosen());
  system.addEventListener("change", () => apply(chosen()));
  document.addEventListener("DOMContentLoaded", () => apply(chosen()));
  document.addEventListener("click", ({ target }) => {
    const choice = target.closest("[data-choose-theme]");
    if (choice) choose(choice.dataset.chooseTheme);
    else if (target.closest("#theme-button")) choose(root.dataset.bsTheme === "dark" ? "light" : "dark");
  });
})();
