// @ts-check
// Keeps the secret out of the address, before the client library runs: a user's bearer, or the code
// of a guest's invitation. It came after `#`, which browsers send to no server.

import { tab } from "./kept.js";

const given = new URLSearchParams(location.hash.slice(1));
for (const kind of ["bearer", "invitation"]) {
  const secret = given.get(kind);
  if (secret === null) continue;
  for (const other of ["bearer", "invitation", "waitsAs"]) tab.removeItem(other);
  tab.setItem(kind, secret);
  history.replaceState(null, "", location.pathname + location.search);
}
addEventListener("hashchange", () => location.reload()); // Another secret, in the same tab.
