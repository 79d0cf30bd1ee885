// A callback whose request never came through leaves a page of Dash's as it was, without a word (its on_error hears only
// of what fails in the server): here the reader is told and can try again, and goes to sign in when the session has ended.
const NOT_LOADED = "The page could not be loaded.";
const send = window.fetch;
window.portalSays = (textContent, className = "visually-hidden") => // "said": whoever sees may read it too, for a while
  Object.assign(document.getElementById("said"), { textContent, className }).getAnimations().forEach((fading) => fading.play());
window.portalFailed = (header) => // blank: all is well again
  window.dash_clientside.set_props("failed", { is_open: Boolean(header), ...(header && { header }) });

window.fetch = async (resource, options) => {
  const isCallback = String(resource?.url || resource).includes("/_dash-update-component");
  const answer = await send(resource, options).catch((problem) => {
    if (isCallback && problem.name !== "AbortError") window.portalFailed(NOT_LOADED);
    throw problem;
  });
  if (answer.status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  if (!isCallback) return answer;
  const words = answer.status < 400 ? "" : { 401: "", 403: "You don't have access to this." }[answer.status];
  window.portalFailed(words ?? NOT_LOADED);
  // The reader knows by now: to Dash it is an answer that changes nothing, else it reads the refusal twice and breaks.
  return answer.status >= 400 ? new Response(null, { status: 204 }) : answer;
};
