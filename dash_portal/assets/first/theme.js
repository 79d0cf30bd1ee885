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
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#theme-button")) return;
    const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    apply(theme);
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // not remembered, but applied
    }
  });
})();
