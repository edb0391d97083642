// @ts-check
// Keeps the bearer out of the address, before any other script runs. It came after `#`, which
// browsers send to no server.

{
  const bearer = new URLSearchParams(location.hash.slice(1)).get("bearer");
  if (bearer !== null) {
    sessionStorage.setItem("bearer", bearer);
    history.replaceState(null, "", location.pathname + location.search);
  }
  addEventListener("hashchange", () => location.reload()); // Another bearer, in the same tab.
}
