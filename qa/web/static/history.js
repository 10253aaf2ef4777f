// Back and Forward of the browser show what the pane showed before; a reload shows what it shows now.
let current = /^#(cite|passage|article):/.test(location.hash) ? location.hash : "#articles";
let goingBack = 0;

// Runs once the pane is drawn. A notice has no place of its own.
function remember() {
  const place = element.querySelector(".source")?.dataset.place;
  if (goingBack || !place || place === current || element.querySelector(".notice")) return;
  current = place;
  const excerpts = [...element.querySelectorAll(".excerpts .number")].map((each) => each.getAttribute("href"));
  const address = place === "#articles" ? location.pathname + location.search : place;
  history.pushState({ links: [place, ...excerpts] }, "", address);
}

addEventListener("popstate", (event) => {
  const links = event.state?.links ?? [location.hash || "#articles"];
  current = links[0];
  goingBack += 1;
  const isRead = element.getBoundingClientRect().top < innerHeight / 2;
  during(show(links))
    .then(() => isRead && narrow.matches && bringIntoView())
    .finally(() => (goingBack -= 1));
});
