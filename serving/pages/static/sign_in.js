// A link like /sign-in#token=rk_… signs in by itself; the fragment never reaches a server's log.

const form = document.querySelector("[data-sign-in]");
const token = new URLSearchParams(location.hash.slice(1)).get("token");

if (token) {
  history.replaceState(null, "", location.pathname + location.search);
  form.elements.token.value = token;
  form.requestSubmit();
}
