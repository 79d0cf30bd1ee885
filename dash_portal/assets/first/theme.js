// Light or dark: as the system says until the reader chooses, and then as they chose. Runs before the first paint.
(() => {
  "use strict";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage may be switched off: then the system decides
    }
  }

  function apply(theme) {
    root.dataset.bsTheme = theme;
    root.dataset.agThemeMode = theme;
  }

  apply(chosen() || (system.matches ? "dark" : "light"));
  system.addEventListener("change", () => apply(chosen() || (system.matches ? "dark" : "light")));

  // A blank theme means: as the system says.
  function choose(theme) {
    try {
      if (theme) localStorage.setItem("theme", theme);
      else localStorage.removeItem("theme");
    } catch {
      // not remembered, but applied
    }
    apply(theme || (system.matches ? "dark" : "light"));
    mark();
  }

  function mark() {
    for (const button of document.querySelectorAll("[data-choose-theme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.chooseTheme === (chosen() || "")));
      button.closest("[hidden]")?.removeAttribute("hidden");
    }
  }

  document.addEventListener("DOMContentLoaded", mark);
  document.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-choose-theme]");
    if (choice) choose(choice.dataset.chooseTheme);
    else if (event.target.closest("#theme-button")) choose(root.dataset.bsTheme === "dark" ? "light" : "dark");
  });
})();
