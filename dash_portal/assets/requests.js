// A callback whose request never came through leaves a page of Dash's as it was, without a word (its on_error hears only of
// what fails in the server): here the reader is told and can try again, and goes to sign in when the session has ended.
(() => {
  "use strict";
  const send = window.fetch.bind(window);

  // Blank: all is well again.
  const tell = (header) => window.dash_clientside.set_props("failed", { is_open: Boolean(header), ...(header && { header }) });
  window.portalFailed = tell;
  window.portalSays = (words) => (document.getElementById("said").textContent = words);

  window.fetch = async (resource, options) => {
    const isCallback = String(resource?.url || resource).includes("/_dash-update-component");
    try {
      const answer = await send(resource, options);
      if (answer.status === 401 && new URL(answer.url).origin === location.origin) {
        location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
      } else if (isCallback && answer.status === 403) tell("You don't have access to this.");
      else if (isCallback && answer.status >= 400) tell("The page could not be loaded.");
      else if (isCallback) tell("");
      // The reader knows by now: to Dash it is an answer that changes nothing, else it reads the refusal twice and breaks.
      return isCallback && answer.status >= 400 ? new Response(null, { status: 204 }) : answer;
    } catch (problem) {
      if (isCallback && problem.name !== "AbortError") tell("The page could not be loaded.");
      throw problem;
    }
  };
})();
