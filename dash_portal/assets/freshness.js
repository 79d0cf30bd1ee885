// The age of what is on the screen grows between answers, and newer data is taken when nobody is in the midst of
// something: a callback of Dash's would have to ask the server every few seconds what a clock tells here.
(() => {
  "use strict";
  const REST = 60_000; // milliseconds without a gesture after which newer data is taken by itself
  let since = { moment: "", at: 0 }; // the answer that is shown, and when it came by this browser's own clock
  let known = null; // what the server had when it was last asked, and when that was
  let [touched, isBack] = [performance.now(), false];

  function ageText(seconds) {
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return minutes < 1 ? "less than a minute" : `${minutes} min`;
    const hours = Math.floor(minutes / 60);
    if (hours >= 48) return `${Math.floor(hours / 24)} days`;
    return hours < 12 && minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  }

  const isBusy = () => /[?&](lead|note)=/.test(location.search) || String(getSelection()) !== "" ||
    document.activeElement?.matches("input") || document.querySelector(".dropdown-menu.show") !== null;

  function take(words) {
    isBack = false;
    window.portalAddress.again();
    document.getElementById("said").textContent = words;
  }

  function tell(_count, [shown], landed) {
    const now = performance.now();
    if (!shown) return Array(6).fill(window.dash_clientside.no_update);
    if (since.moment !== shown.moment) since = { moment: shown.moment, at: now };
    if (landed && known?.landed !== landed) known = { landed, at: now };
    const isNewer = Boolean(known && known.landed.version > shown.version);
    const isSame = known?.landed.version === shown.version && known.at > since.at;
    const start = isSame ? { ...known.landed, at: known.at } : { ...shown, at: since.at };
    const isWaiting = start.age === null;
    const age = start.age + (now - start.at) / 1000;
    const isStale = !isWaiting && age > shown.stale;
    const mood = isWaiting ? "waiting" : isStale ? "stale" : start.failed || age > shown.ageing ? "ageing" : "fresh";
    if (isNewer && !document.hidden && !isBusy() && (isBack || now - touched > REST)) take("Showing the new data");
    else if (shown.page === "schedule" && now - since.at > 60_000) take("");
    const text = isWaiting ? "Waiting for first sync" : age < 60 ? "Updated just now" : `Updated ${ageText(age)} ago`;
    const next = isWaiting ? `The first sync is due at ${shown.due}.` : `The next sync is due at ${shown.due}.`;
    const banner = `${start.failed ? "The last sync did not succeed." : "No sync has landed for a while."} You are looking at data that is ` +
      `${ageText(age)} old (from ${shown.read}). It will catch up with the next sync, due at ${shown.due}.`;
    return [text, `freshness mood-${mood}`, isWaiting ? next : `The data on this page was read at ${shown.read}. ${next}`,
      !isWaiting && Boolean(isStale || start.failed), banner, isNewer];
  }

  for (const gesture of ["pointerdown", "keydown", "wheel", "touchmove"]) addEventListener(gesture, () => (touched = performance.now()), { passive: true });
  document.addEventListener("visibilitychange", () => {
    isBack = !document.hidden;
    if (isBack) window.dash_clientside.set_props("freshness-asks", { n_intervals: Date.now() });
  });
  (window.dash_clientside ??= {}).freshness = { tell };
})();
