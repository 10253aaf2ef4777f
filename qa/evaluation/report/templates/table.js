// What the pages with a table of questions share. Every text of a run is inserted as text, never as markup. The page's
// own script, after this one, defines `rows` (of a question), `select` (which sets `state.shown`) and NONE_FITS.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const questions = data.questions;
const PAGE = 50; // rows on the page at once
const PRINTED = 1000; // rows on paper at most
const find = (id) => document.getElementById(id);
const [tools, body, status, pager] = ["tools", "rows", "status", "pager"].map(find);
const state = { first: 0, size: PAGE, shown: [] };

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// Untrusted text, isolated so that its direction does not affect the text around it.
const foreign = (text, tag = "span", kind = null) => make(tag, { dir: "auto", class: kind }, String(text));

function draw() {
  const page = state.shown.slice(state.first, state.first + state.size);
  body.replaceChildren(...page.flatMap(rows));
  const [all, last] = [state.shown.length, state.first + page.length];
  const range = all > page.length ? ` · showing ${state.first + 1}–${last}` : "";
  const of = all === questions.length ? "" : ` of ${questions.length.toLocaleString("en")}`;
  status.textContent = all ? `${all.toLocaleString("en")}${of} question${questions.length === 1 ? "" : "s"}${range}` : NONE_FITS;
  pager.hidden = all <= state.size;
  const [previous, next] = pager.querySelectorAll("button");
  previous.disabled = state.first === 0;
  next.disabled = last >= all;
}

pager.addEventListener("click", (event) => {
  const step = { previous: -state.size, next: state.size }[event.target.name];
  if (!step) return;
  state.first += step;
  draw();
  find("questions").scrollIntoView();
  status.focus({ preventScroll: true });
});
// Print has no further pages of the table.
for (const [name, size] of [["beforeprint", PRINTED], ["afterprint", PAGE]]) {
  addEventListener(name, () => {
    state.size = size;
    draw();
  });
}
tools.addEventListener("input", () => select());
for (const form of document.forms) {
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
}
find("unscripted").remove();
