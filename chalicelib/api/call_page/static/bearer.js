// @ts-check
// Keeps the secret out of the address, before any other script runs: a user's bearer, or the code of
// a guest's invitation. It came after `#`, which browsers send to no server.

{
  const given = new URLSearchParams(location.hash.slice(1));
  for (const kind of ["bearer", "invitation"]) {
    const secret = given.get(kind);
    if (secret === null) continue;
    for (const other of ["bearer", "invitation", "waitsAs"]) sessionStorage.removeItem(other);
    sessionStorage.setItem(kind, secret);
    history.replaceState(null, "", location.pathname + location.search);
  }
  addEventListener("hashchange", () => location.reload()); // Another secret, in the same tab.
}
