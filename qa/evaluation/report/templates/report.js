// The table of questions, each of which opens.
const OUTCOMES = { right: "✓", wrong: "✗", declined: "–", failed: "!", unjudged: "?" };
const ORDERS = {
  set: () => 0,
  sure: (a, b) => (b.confidence ?? -1) - (a.confidence ?? -1),
  unsure: (a, b) => (a.confidence ?? 2) - (b.confidence ?? 2),
  f1: (a, b) => (a.f1 ?? 2) - (b.f1 ?? 2),
  slow: (a, b) => (b.milliseconds ?? -1) - (a.milliseconds ?? -1),
};
const NONE_FITS = "No question fits. Clear the search or choose another group.";
const groupButton = find("group");
Object.assign(state, { group: null, open: new Set() });
const decimal = (value, digits) => (value === null ? "–" : value.toFixed(digits));
const time = (value) => (value === null ? "–" : `${Math.round(value).toLocaleString("en")} ms`);

// Offsets count code points, and strings here count UTF-16 units.
function unit(text, points) {
  let index = 0;
  for (; points > 0; points -= 1) index += text.codePointAt(index) > 0xffff ? 2 : 1;
  return index;
}

function textOf(position, start, end) {
  const piece = data.documents[position].pieces.findLast(([from]) => from <= start);
  if (!piece) return "";
  const [from, text] = piece;
  const first = unit(text, start - from);
  return text.slice(first, first + unit(text.slice(first), end - start));
}

const overlaps = (a, b) => a[0] === b[0] && a[1] < b[2] && b[1] < a[2];

// Search and order

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
let haystacks = null;
const haystack = (question) =>
  fold(
    [
      question.id,
      question.question,
      question.answer,
      ...question.accepted,
      question.reason,
      question.error,
      ...Object.values(question.extra),
      ...[...question.citations, ...question.evidence].map(([position]) => data.documents[position].id),
    ].join("\n"),
  );

function select() {
  haystacks ??= questions.map(haystack);
  const outcome = tools.elements.outcome.value;
  const words = fold(tools.elements.search.value).split(/\s+/).filter(Boolean);
  const inGroup = state.group && new Set(state.group.members);
  state.shown = [...questions.keys()]
    .filter(
      (index) =>
        (outcome === "all" || questions[index].outcome === outcome) &&
        (!inGroup || inGroup.has(index)) &&
        words.every((word) => haystacks[index].includes(word)),
    )
    .sort((a, b) => ORDERS[tools.elements.order.value](questions[a], questions[b]) || a - b);
  state.first = 0;
  groupButton.hidden = !state.group;
  groupButton.querySelector("bdi").textContent = state.group?.label ?? "";
  draw();
}

// Rows

function rows(index) {
  const question = questions[index];
  const open = state.open.has(index);
  const detailId = `detail-${index}`;
  const button = make(
    "button",
    { type: "button", class: "opener", "aria-expanded": String(open), "aria-controls": open ? detailId : null },
    foreign(question.question),
  );
  // Only questions asked alone have a time.
  const timed = question.milliseconds === null ? "number absent" : "number";
  const row = make(
    "tr",
    { role: "row", class: "question", "data-index": index },
    make("td", { role: "cell", class: "outcome" }, badge(question)),
    make("th", { role: "rowheader", scope: "row", class: "asked" }, button),
    make("td", { role: "cell", class: "given" }, question.answer === null ? make("span", { class: "quiet" }, "no answer") : foreign(question.answer)),
    make("td", { role: "cell", class: "number", "data-label": "confidence" }, decimal(question.confidence, 2)),
    make("td", { role: "cell", class: "number", "data-label": "F1" }, decimal(question.f1, 2)),
    make("td", { role: "cell", class: timed, "data-label": "" }, time(question.milliseconds)),
  );
  if (!open) return [row];
  const cell = make("td", { role: "cell", colspan: 6 }, detail(question));
  return [row, make("tr", { role: "row", class: "detail", id: detailId }, cell)];
}

function badge(question) {
  const rightly = question.outcome === "declined" && !question.answerable;
  return make(
    "span",
    { class: `badge ${question.outcome}` },
    make("span", { "aria-hidden": "true", class: "sign" }, OUTCOMES[question.outcome]),
    ` ${question.outcome}`,
    rightly ? make("small", {}, " rightly") : null,
  );
}

function toggle(index, button) {
  if (!state.open.delete(index)) state.open.add(index);
  const fresh = rows(index);
  const row = button.closest("tr");
  if (row.nextElementSibling?.classList.contains("detail")) row.nextElementSibling.remove();
  row.replaceWith(...fresh);
  fresh[0].querySelector("button").focus({ preventScroll: true });
}

// The details of a row

function detail(question) {
  return make("div", { class: "opened" }, facts(question), written(question), contexts(question), passages(question));
}

function facts(question) {
  const list = make("dl", { class: "facts" });
  const add = (name, ...values) => list.append(make("div", {}, make("dt", {}, name), make("dd", {}, ...values)));
  const each = (values) => values.map((value) => foreign(value, "span", "item"));
  if (question.error !== null) add("What went wrong", foreign(question.error));
  if (question.answer !== null) add("Answer", foreign(question.answer, "strong"));
  if (question.reason !== null) add("Why it declined", foreign(question.reason));
  if (question.accepted.length) add("Accepted", ...each(question.accepted));
  if (!question.answerable) add("Accepted", "only to decline: the documents do not answer it");
  const verdicts = [
    question.exact === null ? null : question.exact ? "exact match" : "no exact match",
    question.f1 === null ? null : `F1 ${question.f1.toFixed(2)}`,
    question.inFirst === null ? null : `an accepted answer ${question.inFirst ? "is" : "is not"} in the first excerpt`,
    question.hitsFirst === null ? null : `the first excerpt ${question.hitsFirst ? "overlaps" : "does not overlap"} the evidence`,
  ].filter(Boolean);
  if (verdicts.length && question.outcome !== "failed") add("Measured", verdicts.join(" · "));
  if (question.confidence !== null) add("Confidence", question.confidence.toFixed(2));
  if (question.history.length) add("Asked before", ...each(question.history));
  if (question.searched) add("Searched for", foreign(question.searched));
  if (question.within !== null) add("Asked within", foreign(question.within));
  for (const [name, value] of Object.entries(question.extra)) {
    list.append(make("div", {}, foreign(name, "dt"), foreign(value, "dd")));
  }
  add("Id", foreign(question.id, "code"));
  return list;
}

// A language model's sentences, each with its verdict.
function written(question) {
  const generated = question.generated;
  if (!generated) return null;
  const isShown = generated.problem === null;
  const items = generated.sentences.map((claim) => {
    const bad = claim.verdict === "unsupported";
    // If the extractive answer is shown, the excerpts that these numbers refer to are not.
    const cited = isShown ? claim.citations.map((n) => `[${n}]`).join("") : "";
    const notes = [`${cited} ${claim.verdict.replace("_", " ")}`, ...(claim.quotations ?? []).map(({ verdict }) => `quotation ${verdict}`)];
    if (claim.evidence === "found") notes.push("evidence searched for");
    if (claim.missing) notes.push(claim.missing);
    return make("li", {}, foreign(claim.text, bad ? "s" : "span"), make("span", { class: bad ? "note wrong" : "note" }, ` ${notes.join(" · ")}`));
  });
  const why = isShown ? null : make("p", {}, "The reply above was given instead: ", foreign(generated.problem));
  const title = make("h3", {}, "What ", foreign(generated.model), " wrote");
  return make("section", { class: "written" }, title, why, items.length ? make("ol", {}, ...items) : null);
}

function contexts(question) {
  if (!question.citations.length && !question.evidence.length) return null;
  const title = question.citations.length ? "Excerpts in their context" : "Where the answer is";
  const blocks = question.contexts.map(([position, start, end]) => {
    const source = data.documents[position];
    const text = make("blockquote", { dir: "auto" });
    if (start > 0) text.append("… ");
    text.append(...marked(question, position, start, end));
    if (end < source.length) text.append(" …");
    const cited = question.citations.flatMap((citation, n) => (overlaps(citation, [position, start, end]) ? [[n + 1, citation]] : []));
    const notes = cited.map(([n, [, from, to, score, page, verbatim]]) => {
      const location = `${page ? `page ${page}, ` : ""}${from}–${to}`;
      return make("span", { class: verbatim ? "note" : "note wrong" }, `[${n}] ${verbatim ? "verbatim" : "not verbatim"}, ${location}, score ${decimal(score, 2)}`);
    });
    return make("figure", {}, make("figcaption", {}, foreign(source.title, "span", "title"), foreign(source.id, "code"), ...notes), text);
  });
  return make("section", {}, make("h3", {}, title), legend(), ...blocks);
}

function legend() {
  return make(
    "p",
    { class: "legend" },
    make("mark", { class: "cited" }, "cited by the answer"),
    " ",
    make("mark", { class: "evidence" }, "evidence in the question set"),
    " ",
    make("mark", { class: "cited evidence" }, "both"),
  );
}

// The text cut wherever a citation or a piece of evidence begins or ends.
function marked(question, position, start, end) {
  const window = [position, start, end];
  const citations = question.citations.map((span, n) => ({ span, n: n + 1 })).filter(({ span }) => overlaps(span, window));
  const evidence = question.evidence.filter((span) => overlaps(span, window));
  const cuts = [...citations.map(({ span }) => span), ...evidence].flatMap(([, from, to]) => [from, to]);
  const bounds = [...new Set([start, ...cuts.filter((cut) => start < cut && cut < end), end])].sort((a, b) => a - b);
  return bounds.slice(1).map((to, at) => {
    const part = [position, bounds[at], to];
    const text = textOf(...part);
    const by = citations.filter(({ span }) => overlaps(span, part));
    const kinds = [by.length && "cited", evidence.some((span) => overlaps(span, part)) && "evidence"].filter(Boolean);
    if (!kinds.length) return text;
    const opens = by.filter(({ span }) => span[1] === part[1]).map(({ n }) => `[${n}]`).join("");
    return make("mark", { class: kinds.join(" "), "data-n": opens || null }, text);
  });
}

function passages(question) {
  if (!question.passages.length) return null;
  const heads = ["#", "Passage", "Contains", "Score"].map((name) => make("th", { scope: "col" }, name));
  const lines = question.passages.map(([position, start, end, score], rank) => {
    const source = data.documents[position];
    const found = [
      question.citations.some((span) => overlaps(span, [position, start, end])) && make("mark", { class: "cited" }, "excerpt"),
      question.evidence.some((span) => overlaps(span, [position, start, end])) && make("mark", { class: "evidence" }, "evidence"),
    ].filter(Boolean);
    const shown = Math.min(end, start + data.lead);
    return make(
      "tr",
      {},
      make("td", { class: "number" }, String(rank + 1)),
      make("td", {}, make("div", { class: "location" }, foreign(source.id, "code"), ` ${start}–${end}`), foreign(textOf(position, start, shown) + (shown < end ? " …" : ""), "div", "lead")),
      make("td", { class: "contains" }, ...found.flatMap((mark) => [mark, " "])),
      make("td", { class: "number" }, decimal(score, 4)),
    );
  });
  const table = make("table", { class: "passages" }, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...lines));
  return make("section", {}, make("h3", {}, "Nearest passages"), table);
}

// Events

body.addEventListener("click", (event) => {
  const row = event.target.closest("tr.question");
  const words = getSelection();
  if (row && (event.target.closest("button") || words.isCollapsed)) toggle(Number(row.dataset.index), row.querySelector("button"));
});
groupButton.addEventListener("click", () => {
  state.group = null;
  select();
  tools.elements.search.focus();
});
for (const button of document.querySelectorAll("button[data-group]")) {
  button.disabled = false;
  button.addEventListener("click", () => {
    state.group = data.groups[Number(button.dataset.group)];
    select();
    find("questions").scrollIntoView();
    status.focus({ preventScroll: true });
  });
}

select();
