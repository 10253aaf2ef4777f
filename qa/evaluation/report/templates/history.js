// Filters, and the history of questions. Every text is inserted as text, never as markup.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const PAGE = 50; // rows on the page at once
const PRINTED = 1000; // rows on paper at most
const SIGNS = { r: "✓", w: "✗", "-": "·" };
const find = (id) => document.getElementById(id);
const [filters, tools, pager] = ["filters", "tools", "pager"].map(find);
const state = { first: 0, size: PAGE, shown: [] };

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}
const foreign = (text, tag = "span") => make(tag, { dir: "auto" }, String(text));
const words = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

function filterRuns() {
  const wanted = words(filters.elements.search.value);
  const set = filters.elements.set.value;
  let count = 0;
  for (const [at, row] of [...find("run-rows").rows].entries()) {
    const run = data.runs[at];
    row.hidden = !((!set || run.set === set) && wanted.every((word) => run.text.includes(word)));
    count += !row.hidden;
  }
  find("run-status").textContent = `${count} of ${data.runs.length} runs`;
}

function select() {
  const wanted = words(tools.elements.search.value);
  const show = tools.elements.show.value;
  state.shown = data.questions.filter((one) => (!show || one.tags.includes(show)) && wanted.every((word) => `${one.id} ${one.question}`.toLowerCase().includes(word)));
  // Questions that changed come first.
  state.shown.sort((a, b) => b.tags.includes("flaky") - a.tags.includes("flaky") || b.tags.length - a.tags.length);
  state.first = 0;
  draw();
}

function draw() {
  const page = state.shown.slice(state.first, state.first + state.size);
  find("rows").replaceChildren(
    ...page.map((one) => {
      const signs = [...one.signs].map((sign) => make("span", { class: sign === "-" ? "none" : sign, "aria-hidden": "true" }, SIGNS[sign]));
      return make("tr", {}, make("td", {}, foreign(one.question), " ", foreign(one.id, "code")), make("td", { class: "signs" }, ...signs), make("td", {}, foreign(one.summary), one.tags.includes("flaky") ? make("b", {}, " · flaky") : null));
    }),
  );
  const last = state.first + page.length;
  find("status").textContent = `${state.shown.length.toLocaleString("en")} questions${state.shown.length > page.length ? ` · showing ${state.first + 1}–${last}` : ""}`;
  pager.hidden = state.shown.length <= state.size;
  const [previous, next] = pager.querySelectorAll("button");
  previous.disabled = state.first === 0;
  next.disabled = last >= state.shown.length;
}

filters.addEventListener("input", filterRuns);
tools.addEventListener("input", select);
for (const form of [filters, tools]) {
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
}
pager.addEventListener("click", (event) => {
  const step = { previous: -state.size, next: state.size }[event.target.name];
  if (!step) return;
  state.first += step;
  draw();
  find("status").focus({ preventScroll: true });
});
addEventListener("beforeprint", () => {
  state.size = PRINTED;
  draw();
});
addEventListener("afterprint", () => {
  state.size = PAGE;
  draw();
});
for (const element of document.querySelectorAll(".unscripted")) element.remove();
filterRuns();
select();
