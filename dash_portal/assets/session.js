// When a session has ended, the next request of an open page is answered 401: go and sign in, then come back here.
// What is marked data-sign-out, and any link to /logout, signs out at once.
(() => {
  "use strict";
  const plainFetch = window.fetch.bind(window);
  let leaving = false;

  function signIn() {
    if (leaving) return;
    leaving = true;
    window.location.assign("/login?next=" + encodeURIComponent(window.location.pathname + window.location.search));
  }

  window.fetch = async (...request) => {
    const answer = await plainFetch(...request);
    if (answer.status === 401 && new URL(answer.url).origin === window.location.origin) signIn();
    return answer;
  };

  function csrfToken() {
    const found = document.cookie.match(/(?:^|; )(?:__Host-csrf|_csrf_token)=([^;]+)/);
    return found ? decodeURIComponent(found[1]) : "";
  }

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest('[data-sign-out], a[href="/logout"]') : null;
    if (!link || event.defaultPrevented || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    leaving = true;
    plainFetch("/logout", { method: "POST", headers: { "X-CSRFToken": csrfToken() }, redirect: "manual" })
      .finally(() => window.location.assign("/login"));
  }, true);
})();
