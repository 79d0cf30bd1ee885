// How old the data is goes on counting while the page is open, and a sync that lands in the meantime is announced.
(() => {
  "use strict";
  const ASK_EVERY = 30_000;
  const seen = { stamp: null, at: 0 }; // the badge as it was made, and when that was by this browser's own clock
  let announced = null; // the data version that "New data" was said about

  const badge = () => document.getElementById("freshness");
  const off = (id, isOff) => document.getElementById(id)?.classList.toggle("is-off", isOff);

  function ageText(seconds) {
    const minutes = Math.floor(seconds / 60);
    if (minutes < 1) return "just now";
    if (minutes < 60) return `${minutes} min`;
    const hours = Math.floor(minutes / 60);
    if (hours < 48) return hours < 12 && minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
    return `${Math.floor(hours / 24)} days`;
  }

  function tick() {
    const element = badge();
    if (!element) return;
    if (seen.stamp !== element.dataset.stamp) {
      seen.stamp = element.dataset.stamp;
      seen.at = performance.now();
      if (announced === element.dataset.version) announced = null;
      off("new-data", true);
    }
    if (element.dataset.age === "") return;
    const age = Number(element.dataset.age) + (performance.now() - seen.at) / 1000;
    const isStale = age > Number(element.dataset.staleAge);
    const isAgeing = element.dataset.failed || age > Number(element.dataset.ageingAge);
    const text = age < 60 ? "Updated just now" : `Updated ${ageText(age)} ago`;
    const shown = element.querySelector(".freshness-text");
    if (shown.textContent !== text) {
      shown.textContent = text;
      element.setAttribute("aria-label", text);
    }
    element.dataset.mood = isStale ? "stale" : isAgeing ? "ageing" : "fresh";
    const staleAge = document.querySelector(".stale-age");
    if (staleAge) staleAge.textContent = age < 60 ? "less than a minute" : ageText(age);
    off("stale-banner", !isStale && !element.dataset.failed);
  }

  async function ask() {
    const element = badge();
    if (!element || document.hidden) return;
    try {
      const answer = await fetch(`/api/sync/status?brand=${encodeURIComponent(element.dataset.brand)}`);
      if (!answer.ok) return;
      take(element, await answer.json());
    } catch {
      // away for a moment: the badge goes on counting, and the next time asks again
    }
  }

  function take(element, status) {
    const parts = element.dataset.resources.split(",").map((name) => status.resources[name]);
    const ages = parts.map((part) => part?.age_seconds ?? null);
    const version = String(status.data_version);
    if (version !== element.dataset.version && announced !== version) {
      announced = version;
      off("new-data", false);
    }
    if (ages.length && !ages.includes(null)) {
      element.dataset.age = String(Math.max(...ages));
      element.dataset.failed = parts.some((part) => part.failed) ? "yes" : "";
      seen.at = performance.now();
      tick();
    }
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("#new-data-button")) {
      off("new-data", true);
      window.portalNavigation.again();
    }
  });
  document.addEventListener("visibilitychange", ask);
  setInterval(tick, 5_000);
  setInterval(ask, ASK_EVERY);
  new MutationObserver(() => badge()?.dataset.stamp !== seen.stamp && tick()).observe(document.body, {
    childList: true,
    subtree: true,
    attributeFilter: ["data-stamp"],
  });
  window.portalFreshness = { ask };
})();
