// Light or dark: as the system says until the reader chooses, and then as they chose. Narrow or wide: charts are drawn by
// the server, which only this cookie tells of the screen. It runs before the first paint, and before Dash.
(() => {
  const root = document.documentElement;
  const [system, narrow] = ["(prefers-color-scheme: dark)", "(max-width: 40rem)"].map((query) => matchMedia(query));
  const tell = () => (document.cookie = `narrow=${narrow.matches ? "yes" : "no"}; path=/; SameSite=Lax`);
  window.portalMemory = navigator.cookieEnabled ? window.localStorage : {}; // refused together, then nothing is kept
  function apply() {
    const chosen = window.portalMemory.theme ?? "";
    root.dataset.bsTheme = root.dataset.agThemeMode = chosen || (system.matches ? "dark" : "light");
    for (const button of document.querySelectorAll("[data-choose-theme]"))
      button.setAttribute("aria-pressed", String(button.dataset.chooseTheme === chosen));
  }
  apply(tell());
  system.addEventListener("change", apply);
  narrow.addEventListener("change", () => tell() && window.dash_clientside?.address?.again());
  document.addEventListener("DOMContentLoaded", apply);
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-choose-theme], #theme-button");
    if (!button) return;
    window.portalMemory.theme = button.dataset.chooseTheme ?? (root.dataset.bsTheme === "dark" ? "light" : "dark");
    apply();
  });
})();
