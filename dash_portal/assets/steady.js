// What was clicked stays where it is in the window, whatever grows or shrinks above it once the answer comes. Browsers do
// this by themselves only while nothing they hold on to changes its own height, and charts do.
(() => {
  "use strict";
  const LONGEST = 3000; // milliseconds; an answer that takes longer moves what it moves
  let held = null; // the card that holds still, how far it was from the top of the window, and until when
  let frame = 0;

  const top = (card) => card.getBoundingClientRect().top;

  function hold(element) {
    const card = element.closest("section.card");
    held = card ? { card, top: top(card), until: performance.now() + LONGEST } : null;
    cancelAnimationFrame(frame);
    if (held) frame = requestAnimationFrame(settle);
  }

  function settle() {
    if (!held?.card.isConnected || performance.now() > held.until) held = null;
    if (!held) return;
    const moved = top(held.card) - held.top;
    if (Math.abs(moved) >= 1) window.scrollBy({ top: moved, behavior: "instant" });
    frame = requestAnimationFrame(settle);
  }

  // Who scrolls wants to be elsewhere.
  const release = () => {
    held = null;
  };
  for (const gesture of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    document.addEventListener(gesture, release, { capture: true, passive: true });
  }

  document.addEventListener("click", ({ target }) => target.closest?.('main a[data-nav="view"]') && hold(target), true);
  document.addEventListener("portal-chart-click", ({ target }) => hold(target), true);
})();
