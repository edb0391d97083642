// A link to a folded part opens it.

function unfold() {
  const target = location.hash ? document.querySelector(location.hash) : null;
  if (target?.matches("details")) target.open = true;
}

addEventListener("hashchange", unfold);
for (const link of document.querySelectorAll("nav a")) link.addEventListener("click", () => setTimeout(unfold));
unfold();
