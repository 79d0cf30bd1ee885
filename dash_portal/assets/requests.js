// A callback whose request never came through leaves a page of Dash's as it was, without a word: here the reader is told
// and can try again, goes to sign in when the session has ended, and signs out.
(() => {
  "use strict";
  const send = window.fetch.bind(window);
  let [isLeaving, isFailed] = [false, false];
  const token = () => decodeURIComponent(document.cookie.match(/(?:^|; )(?:__Host-csrf|_csrf_token)=([^;]+)/)?.[1] ?? "");

  window.portalFailed = (header) => window.dash_clientside.set_props("failed", { is_open: (isFailed = true), header });

  function signIn() {
    if (!isLeaving) location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search));
    isLeaving = true;
  }

  window.fetch = async (resource, options) => {
    const isCallback = String(resource?.url || resource).includes("/_dash-update-component");
    try {
      const answer = await send(resource, options);
      if (answer.status === 401 && new URL(answer.url).origin === location.origin) signIn();
      else if (isCallback && answer.status === 403) window.portalFailed("You don't have access to this.");
      else if (isCallback && answer.status >= 400) window.portalFailed("The page could not be loaded.");
      else if (isCallback && isFailed) window.dash_clientside.set_props("failed", { is_open: (isFailed = false) });
      // The reader knows by now: to Dash it is an answer that changes nothing, else it reads the refusal twice and breaks.
      return isCallback && answer.status >= 400 ? new Response(null, { status: 204 }) : answer;
    } catch (problem) {
      if (isCallback && problem.name !== "AbortError") window.portalFailed("The page could not be loaded.");
      throw problem;
    }
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest?.('a[href="/logout"]') || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    isLeaving = true;
    send("/logout", { method: "POST", headers: { "X-CSRFToken": token() }, redirect: "manual" }).finally(() => location.assign("/login"));
  }, true);
})();
