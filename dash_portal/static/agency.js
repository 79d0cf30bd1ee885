// What htmx has no part for: a page that nobody looks at asks for nothing, one whose server does not answer asks less and
// less often, and the reader is told when something did not work.
let [failures, skipped] = [0, 0];
const isPoll = ({ sourceEvent }) => sourceEvent?.type === "every";
const say = (words) => (document.getElementById("failed").textContent = words);
document.addEventListener("htmx:before:request", (event) => {
  const waits = failures && ++skipped % Math.min(10, failures + 1);
  if (isPoll(event.detail.ctx) && (document.hidden || waits)) event.preventDefault();
});
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (ctx.response.status >= 500 || ctx.hx.reswap) failed(ctx);
  else if (failures || !isPoll(ctx)) say((failures = 0) || "");
});
document.addEventListener("htmx:error", ({ detail: { ctx } }) => ctx && failed(ctx));

function failed(ctx) {
  if (!isPoll(ctx)) say("That did not work. Please try again.");
  else if (++failures === 3) say("The page can't be brought up to date right now; it keeps trying.");
}
