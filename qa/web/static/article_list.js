// The list of articles. Gradio gives: element, trigger, watch.
const filter = element.querySelector("input[type=search]");
const sort = element.querySelector("select");
const every = element.querySelector("input.every");
const alphabetically = new Intl.Collator();
const ORDERS = {
  title: (one, other) => alphabetically.compare(title(one), title(other)),
  words: (one, other) => other.dataset.words - one.dataset.words,
};
let waiting = 0; // a timer
let ticks = []; // ids of the articles that are ticked
let known = null; // ids of the visitor's articles that have been read
let changes = 0; // of the library, before the list that is drawn was made

const title = (row) => row.querySelector("a").textContent;
const matches = (row) => title(row).toLowerCase().includes(filter.value.trim().toLowerCase());
// Gradio may just have drawn rows that are not hidden yet.
const shown = () => [...element.querySelectorAll("li")].filter(matches);
const box = (row) => row.querySelector("input");

function arrange() {
  const list = element.querySelector("ul");
  const rows = [...list.children];
  const order = ORDERS[sort.value] ?? ((one, other) => one.dataset.index - other.dataset.index);
  list.append(...rows.sort(order));
  for (const row of rows) row.hidden = !matches(row);
  count();
}

function count() {
  ticks = [...element.querySelectorAll("li input:checked")].map((each) => each.value);
  const rows = shown();
  const ticked = rows.filter((row) => box(row).checked).length;
  every.checked = ticked > 0 && ticked === rows.length;
  every.indeterminate = ticked > 0 && ticked < rows.length;
  const total = element.querySelector("ul").dataset.of ?? element.querySelectorAll("li").length;
  element.querySelector(".shown").textContent = filter.value ? `${rows.length} of ${total}` : "";
}

function drawn() {
  // Gradio updates the list in place, and keeps what scripts have changed in it.
  element.querySelectorAll("[data-asked]").forEach(stopAsking);
  writeTimes(element);
  // A box that was clicked no longer follows its attribute.
  const { keep, changes: now = 0 } = element.querySelector("ul").dataset;
  for (const [index, row] of [...element.querySelectorAll("li")].entries()) {
    row.dataset.index = index;
    box(row).checked = keep === undefined ? box(row).hasAttribute("checked") : ticks.includes(box(row).value);
  }
  arrange();
  findOthers();
  if (keep !== undefined) trigger("ticked");
  // The replies to several changes may come in any order.
  if (Number(now) < changes) trigger("outdated");
  changes = Number(now);
}

// The server filters a list that is too long to be here as a whole.
function findOthers() {
  const { words } = element.querySelector("ul").dataset;
  clearTimeout(waiting);
  if (words === undefined || words === filter.value) return;
  waiting = setTimeout(() => trigger("filtered", { words: filter.value }), 250);
}

element.addEventListener("click", (event) => {
  const button = event.target.closest("button.remove");
  if (!button) return;
  // The first click asks for confirmation.
  if (button.dataset.asked) {
    button.disabled = true;
    trigger("removed", { document: button.value });
    document.dispatchEvent(new CustomEvent("removed", { detail: button.closest("li")?.querySelector("a").getAttribute("href") ?? "" }));
  } else {
    button.dataset.asked = button.ariaLabel;
    button.ariaLabel = `${button.ariaLabel.replace(/^R/, "Really r")}?`;
    button.textContent = "Really remove?";
  }
});

function stopAsking(button) {
  button.ariaLabel = button.dataset.asked;
  button.textContent = "Remove";
  delete button.dataset.asked;
}
element.addEventListener("focusout", ({ target }) => target.dataset.asked && !target.disabled && stopAsking(target));

element.addEventListener("change", (event) => {
  if (event.target === sort) return arrange();
  if (event.target === filter) return;
  if (event.target === every) for (const row of shown()) box(row).checked = every.checked;
  count();
  trigger("ticked");
});

filter.addEventListener("input", () => {
  arrange();
  findOthers();
});

drawn();
watch("value", () => {
  drawn();
  document.dispatchEvent(new Event("library"));
  const read = [...element.querySelectorAll("button.remove:not(.reading)")].map((button) => button.value).join("\n");
  if (read !== known) document.dispatchEvent(new Event("articles"));
  known = read;
});
