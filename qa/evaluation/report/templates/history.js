// Filters, and the history of questions.
const SIGNS = { r: "✓", w: "✗", "-": "·" };
const NONE_FITS = "No question fits. Clear the search or show all.";
const filters = find("filters");
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
  state.shown = questions.filter((one) => (!show || one.tags.includes(show)) && wanted.every((word) => `${one.id} ${one.question}`.toLowerCase().includes(word)));
  // Questions that changed come first.
  state.shown.sort((a, b) => b.tags.includes("flaky") - a.tags.includes("flaky") || b.tags.length - a.tags.length);
  state.first = 0;
  draw();
}

function rows(one) {
  const signs = [...one.signs].map((sign) => make("span", { class: sign === "-" ? "none" : sign, "aria-hidden": "true" }, SIGNS[sign]));
  const flaky = one.tags.includes("flaky") ? make("b", {}, " · flaky") : null;
  return make("tr", {}, make("td", {}, foreign(one.question), " ", foreign(one.id, "code")), make("td", { class: "signs" }, ...signs), make("td", {}, foreign(one.summary), flaky));
}

filters.addEventListener("input", filterRuns);
filterRuns();
select();
