// Light or dark: as the system says until the reader chooses, and then as they chose. It runs before the first paint, and
// before Dash.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  window.portalMemory = navigator.cookieEnabled ? window.localStorage : {}; // refused together, then nothing is kept

  function apply() {
    const chosen = window.portalMemory.theme ?? "";
    root.dataset.bsTheme = root.dataset.agThemeMode = chosen || (system.matches ? "dark" : "light");
    for (const button of document.querySelectorAll("[data-choose-theme]"))
      button.setAttribute("aria-pressed", String(button.dataset.chooseTheme === chosen));
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
