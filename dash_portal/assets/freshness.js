// The age of what is on the screen grows between answers, and newer data is taken when nobody is in the midst of
// something: a callback of Dash's would have to ask the server every few seconds what a clock tells here.
const REST = 60_000; // milliseconds without a gesture, after which newer data is taken by itself; a schedule always is
let [touched, isBack] = [Date.now(), false];

function ageText(seconds) {
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  if (minutes < 60) return minutes < 1 ? "less than a minute" : `${minutes} min`;
  if (hours >= 48) return `${Math.floor(hours / 24)} days`;
  return hours < 12 && minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
}
const isBusy = () => window.dash_clientside.address.isOpen() || String(getSelection()) !== "" ||
  document.activeElement?.matches("input") || document.querySelector(".dropdown-menu.show") !== null;

// What the page shows, and what the server had when it was last asked; each when that came, by the browser's clock.
function tell(_count, [shownAt], landedAt, [shown], landed) {
  if (!(shownAt > 0)) return Array(8).fill(window.dash_clientside.no_update);
  const isNewer = landed?.version > shown.version;
  const isSame = landed?.version === shown.version && landedAt > shownAt;
  const [start, at] = isSame ? [landed, landedAt] : [shown, shownAt];
  const [isWaiting, age] = [start.age === null, start.age + (Date.now() - at) / 1000];
  const isStale = !isWaiting && age > shown.stale;
  const mood = isWaiting ? "waiting" : isStale ? "stale" : start.failed || age > shown.ageing ? "ageing" : "fresh";
  const isTaken = isNewer && !document.hidden && !isBusy() && (isBack || Date.now() - touched > REST);
  if (isTaken || (shown.page === "schedule" && Date.now() - shownAt > REST)) window.dash_clientside.address.again();
  if (isTaken) isBack = void window.portalSays("Showing the new data");
  const text = isWaiting ? start.waits : age < 60 ? "Updated just now" : `Updated ${ageText(age)} ago`;
  const banner = (start.failed ? start.banner : start.late).replace("{age}", ageText(age));
  const { words = "", address = null } = start.link;
  return [text, `freshness mood-${mood}`, start.tip, isStale || start.failed, banner, words, address, isNewer];
}

for (const gesture of ["pointerdown", "keydown", "wheel", "touchmove"])
  addEventListener(gesture, () => (touched = Date.now()), { passive: true });
document.addEventListener("visibilitychange", () => {
  isBack = !document.hidden;
  if (isBack && document.getElementById("page")) window.dash_clientside.set_props("freshness-asks", { n_intervals: Date.now() });
});
(window.dash_clientside ??= {}).freshness = { tell };
