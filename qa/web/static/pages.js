// Goes to a page of the article that is shown.
let pageLink = null; // the page that was asked for last

function openPage(form) {
  const starts = form.dataset.starts.split(" ");
  const [, name] = element.querySelector(".source").dataset.link.split(":");
  const start = starts[Math.min(Math.max(form.elements.page.valueAsNumber || 1, 1), starts.length) - 1];
  pageLink = `#article:${name}:${start}`;
  during(show([pageLink]).then(() => element.querySelector(".to-page input")?.focus({ preventScroll: true })));
}

// The start of the page that the article was opened at, if there is one.
function openedPage(page) {
  const [kind, , start] = element.querySelector(".source").dataset.link.split(":");
  return kind === "#article" && start !== "0" ? page.querySelector(`.page-start[data-start="${CSS.escape(start)}"]`) : null;
}

element.addEventListener("submit", (event) => {
  if (!event.target.matches(".to-page")) return;
  event.preventDefault();
  openPage(event.target);
});
