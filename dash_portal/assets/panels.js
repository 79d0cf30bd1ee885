// Panels and menus behave as one expects: focus goes in and comes back, Escape closes, a click beside closes.
(() => {
  "use strict";
  let open = null; // the id of what opened the panel that is shown

  function settle() {
    const panel = document.getElementById("panel");
    if (panel && open === null) {
      document.getElementById("panel-title").focus({ preventScroll: true });
    } else if (!panel && open !== null) {
      document.getElementById(open)?.focus({ preventScroll: true });
    }
    open = panel ? panel.dataset.opener : null;
  }

  new MutationObserver(settle).observe(document.body, { childList: true, subtree: true });

  const closeMenus = (except) =>
    document.querySelectorAll("details.menu[open]").forEach((menu) => menu !== except && menu.removeAttribute("open"));

  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.removeAttribute("open");
      menu.querySelector("summary").focus();
    } else if (document.activeElement?.matches(".figure, .freshness")) {
      document.activeElement.blur(); // puts its explanation away
    } else {
      document.getElementById("panel-close")?.click();
    }
  });
})();
