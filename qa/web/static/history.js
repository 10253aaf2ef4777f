// The browser's Back and Forward go through what the pane has shown; a reload keeps what it shows.
let current = /^#(cite|passage|article):/.test(location.hash) ? location.hash : "#articles";
let goingBack = 0;

// Runs once the pane is drawn. A notice has no address.
function remember() {
  const link = shownLink();
  if (goingBack || !link || link === current || element.querySelector(".notice")) return;
  current = link;
  const excerpts = [...element.querySelectorAll(".excerpts .number")].map((each) => each.getAttribute("href"));
  const address = link === "#articles" ? location.pathname + location.search : link;
  history.pushState({ links: [link, ...excerpts] }, "", address);
}

addEventListener("popstate", async (event) => {
  // A link that was pasted into the address.
  if (await during(followShare())) return;
  const links = event.state?.links ?? [location.hash || "#articles"];
  current = links[0];
  goingBack += 1;
  const inView = element.getBoundingClientRect().top < innerHeight / 2;
  // On a narrow screen, a visitor who opened this excerpt from the answer goes back to the answer.
  const toAnswer = opener && opener.getAttribute("href") === shownLink();
  during(show(links))
    .then(() => inView && narrow.matches && (toAnswer ? goBack() : bringIntoView()))
    .finally(() => (goingBack -= 1));
});
