// When the page can't be loaded the reader is told, in plain words, and can try again.
(() => {
  "use strict";
  const PAGE_CALL = "/_dash-update-component";
  const send = window.fetch;
  let retry = null;

  window.portalFailed = (text, again) => {
    retry = again;
    document.getElementById("failed-text").textContent = text;
    document.getElementById("failed").classList.remove("is-off");
  };
  const recovered = () => document.getElementById("failed")?.classList.add("is-off");

  window.fetch = async (resource, options) => {
    const isPageCall = String(resource?.url || resource).includes(PAGE_CALL);
    try {
      const answer = await send(resource, options);
      if (isPageCall) {
        if (answer.status === 403) window.portalFailed("You don't have access to this.", () => location.assign("/"));
        else if (answer.status >= 400 && answer.status !== 401) failed();
        else recovered();
      }
      return answer;
    } catch (problem) {
      if (isPageCall && problem.name !== "AbortError") failed();
      throw problem;
    }
  };

  function failed() {
    window.portalFailed("The page could not be loaded.", () => window.portalNavigation.again());
  }

  document.addEventListener("click", (event) => {
    if (!event.target.closest("#failed-button")) return;
    recovered();
    retry?.();
  });
})();
