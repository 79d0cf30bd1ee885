// Search fields: what is typed is in the address soon after the last key; links, Back and Forward put their words into
// the field. Nothing else ever writes it, so no letter and no caret is lost, however quick the fingers.
(() => {
  "use strict";
  const PAUSE = 60; // milliseconds without a key after which a search starts
  let waiting = 0;

  const isSearchField = (element) => element instanceof Element && element.matches("input[data-searches]");

  function search(field) {
    window.clearTimeout(waiting);
    if (field.isConnected) window.portalNavigation.search(field.dataset.searches, field.value.trim());
  }

  function searchSoon({ target, isComposing }) {
    if (!isSearchField(target)) return;
    window.clearTimeout(waiting);
    if (!isComposing) waiting = window.setTimeout(search, PAUSE, target); // half a word of an IME is no word
  }

  document.addEventListener("input", searchSoon);
  document.addEventListener("compositionend", ({ target }) => searchSoon({ target, isComposing: false }));
  document.addEventListener("change", ({ target }) => isSearchField(target) && search(target)); // Enter, or leaving it

  document.addEventListener("portal-address", () => {
    window.clearTimeout(waiting);
    const query = new URLSearchParams(location.search);
    for (const field of document.querySelectorAll("input[data-searches]")) {
      const text = query.get(field.dataset.searches) || "";
      if (field.value.trim() !== text) field.value = text;
    }
  });
})();
