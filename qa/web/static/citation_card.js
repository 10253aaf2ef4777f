// Shows an excerpt in a card when its number is hovered or focused.
const card = document.querySelector(".gradio-container").appendChild(document.createElement("div"));
card.id = "excerpt-card";
card.setAttribute("role", "tooltip");
card.hidden = true;
let closing = 0;
let cardLink = null; // the link that the card belongs to

function showCard(link) {
  clearTimeout(closing);
  const href = link.getAttribute("href");
  const line = [...link.closest(".answer").querySelectorAll(".source-line")].find((each) => each.querySelector(`a[href="${CSS.escape(href)}"]`));
  // The number under the excerpt itself needs no card.
  if (!line || line.contains(link)) return;
  const where = [...line.querySelectorAll(":scope > span:not(.copies)")].map((each) => each.textContent).join(" \u00b7 ");
  const excerpt = line.previousElementSibling;
  const table = excerpt.querySelector("table")?.cloneNode(true);
  const shown = document.createElement("p");
  if (!table) shown.append(...excerpt.cloneNode(true).childNodes);
  card.replaceChildren(
    table ?? shown,
    Object.assign(document.createElement("small"), { textContent: where }),
  );
  card.hidden = false;
  cardLink = link;
  link.setAttribute("aria-describedby", card.id);
  placeCard(link);
}

function placeCard(link) {
  const box = link.getBoundingClientRect();
  const left = Math.max(8, Math.min(box.left, innerWidth - card.offsetWidth - 8));
  const below = box.bottom + card.offsetHeight + 8 < innerHeight;
  card.style.left = `${left}px`;
  card.style.top = `${below ? box.bottom + 4 : Math.max(8, box.top - card.offsetHeight - 4)}px`;
}

function hideCard() {
  card.hidden = true;
}

// Leaves time to move the pointer from the number to the card, to select text.
function hideCardSoon() {
  clearTimeout(closing);
  closing = setTimeout(hideCard, 200);
}

for (const name of ["mouseover", "focusin"]) {
  document.addEventListener(name, (event) => {
    if (event.target === card || card.contains(event.target)) clearTimeout(closing);
    const link = event.target.closest?.("#chat a.cite");
    if (link) showCard(link);
  });
}
for (const name of ["mouseout", "focusout"]) {
  document.addEventListener(name, (event) => {
    if (event.target.closest?.("#chat a.cite, #excerpt-card")) hideCardSoon();
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") hideCard();
});
// Focusing a link may scroll the page; the card then follows its link.
document.addEventListener(
  "scroll",
  (event) => {
    if (event.target === card || card.hidden) return;
    if (cardLink === document.activeElement) placeCard(cardLink);
    else hideCard();
  },
  true,
);
// A click in the card may end a selection of its text.
document.addEventListener("click", (event) => card.contains(event.target) || hideCard());
