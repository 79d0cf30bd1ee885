// The brand switch: as one types, the list narrows; Enter opens the first that is left.
(() => {
  "use strict";
  const items = (field) => [...field.closest(".menu-list").querySelectorAll("li")];

  document.addEventListener("input", (event) => {
    const field = event.target.closest?.(".brand-search");
    if (!field) return;
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of items(field)) {
      item.hidden = !words.every((word) => item.textContent.toLowerCase().includes(word));
    }
  });
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest?.(".brand-search");
    if (!field || event.key !== "Enter") return;
    event.preventDefault();
    items(field).find((item) => !item.hidden)?.querySelector("a")?.click();
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.(".brand-switch[open]")) event.target.querySelector(".brand-search input, input.brand-search")?.focus();
  }, true);
})();
