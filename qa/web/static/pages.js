// Goes to a page of the article that is shown.
let turnedTo = null;

function openPage(form) {
  const starts = form.dataset.starts.split(" ");
  const [, name] = element.querySelector(".source").dataset.place.split(":");
  const start = starts[Math.min(Math.max(form.elements.page.valueAsNumber || 1, 1), starts.length) - 1];
  turnedTo = `#article:${name}:${start}`;
  during(show([turnedTo]).then(() => element.querySelector(".to-page input")?.focus({ preventScroll: true })));
}

// Where the article was opened at, if nothing in it is marked.
function startOfPlace(page) {
  const [kind, , start] = element.querySelector(".source").dataset.place.split(":");
  return kind === "#article" && start !== "0" ? page.querySelector(`.page-start[data-start="${CSS.escape(start)}"]`) : null;
}

element.addEventListener("submit", (event) => {
  if (!event.target.matches(".to-page")) return;
  event.preventDefault();
  openPage(event.target);
});
