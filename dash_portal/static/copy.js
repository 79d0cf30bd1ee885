// Buttons that copy a link: data-copy names the field that holds it.
(() => {
  "use strict";
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      field.select();
      document.execCommand("copy"); // where the page is not served over TLS
    }
    button.textContent = "Copied";
  });
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
})();
