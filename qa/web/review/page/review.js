// Reviews a question set. Every text is inserted as text, never as markup; every change is sent at once.
"use strict";
const find = (id) => document.getElementById(id);
const PAUSE = 400; // milliseconds after the last key until words typed are saved
const RETRY = 3000;
const NO_WORDS = "No words are selected: select words of the article first.";
const ANSWER_WORDS = 12; // of a selection that becomes the answer of a new question
const set = { revision: "", questions: [], documents: [], dropped: [] };
const texts = new Map(); // documents by id, once loaded
const pending = new Map(); // changes by question that the server has not got
const withdrawn = new Map(); // answers and evidence of questions that were said not to be answered
let current = null; // the question shown
let shown = null; // the document shown
let picked = null; // start and end of the selected words, in UTF-16 units
let timer = 0;
let queue = Promise.resolve();

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// What is saved

function say(words, failed = false) {
  find("saved").textContent = words;
  find("saved").classList.toggle("failed", failed);
}

function complain(words) {
  find("problem").textContent = words;
  find("problem").hidden = !words;
}

async function post(what, body) {
  say("Saving …");
  let reply;
  let content;
  try {
    const json = JSON.stringify({ ...body, revision: set.revision });
    reply = await fetch(what, { method: "POST", headers: { "content-type": "application/json" }, body: json, keepalive: json.length < 60000 });
    const isJSON = reply.headers.get("content-type") === "application/json";
    content = isJSON ? await reply.json() : { detail: await reply.text() };
  } catch {
    say("Not saved: the server is not responding; start `qa questions review` again", true);
    return { lost: true };
  }
  if (!reply.ok) {
    say("Not saved", true);
    complain(content.detail);
    return { refused: true };
  }
  set.revision = content.revision;
  complain("");
  say("Saved");
  return content;
}

const send = (what, body) => (queue = queue.then(() => post(what, body)));

function change(changes, later = false) {
  pending.set(current.id, { ...pending.get(current.id), ...changes });
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete current[name];
    else current[name] = value;
  }
  clearTimeout(timer);
  if (later) timer = setTimeout(flush, PAUSE);
  return later ? null : flush();
}

async function flush() {
  clearTimeout(timer);
  let all = true;
  for (const [id, changes] of [...pending]) {
    pending.delete(id);
    const done = await send("change", { id, changes });
    if (done.question) continue;
    all = false;
    pending.set(id, { ...changes, ...pending.get(id) });
    if (done.lost) timer = setTimeout(flush, RETRY);
  }
  list();
  return all;
}

// The list

const isDraft = (question) => question.draft === true;
const FILTERS = {
  all: () => true,
  draft: isDraft,
  reviewed: (question) => !isDraft(question),
  unanswerable: (question) => question.answerable === false,
};

const listed = () => set.questions.filter((question) => question === current || FILTERS[find("filter").value](question));

function list() {
  const items = listed().map((question) => {
    const draft = isDraft(question);
    const sign = make("span", { class: "sign", "aria-hidden": "true" }, draft ? "○" : "✓");
    const words = make("span", { dir: "auto" }, question.question);
    const attributes = { type: "button", "aria-current": question === current ? "true" : null, onclick: () => open(question) };
    const state = make("span", { class: "hidden" }, draft ? " to review" : " reviewed");
    const body = make("span", {}, words, state, make("span", { class: "no" }, question.answerable === false ? " not answered" : ""));
    return make("li", { "data-state": draft ? "draft" : "reviewed" }, make("button", attributes, sign, body));
  });
  const focused = find("questions").contains(document.activeElement);
  find("questions").replaceChildren(...items);
  const button = find("questions").querySelector("[aria-current]");
  button?.scrollIntoView({ block: "nearest", container: "nearest" });
  if (focused) button?.focus();
  const reviewed = set.questions.filter((question) => !isDraft(question)).length;
  find("progress").textContent = `${reviewed} of ${set.questions.length} reviewed`;
  find("undo").hidden = !set.dropped.length;
  find("empty").hidden = current !== null;
}

function move(step) {
  const among = listed();
  const position = among.indexOf(current) + step;
  if (among[position]) open(among[position]);
}

function nextDraft() {
  const from = set.questions.indexOf(current);
  const ordered = [...set.questions.slice(from + 1), ...set.questions.slice(0, from)];
  const next = ordered.find(isDraft);
  if (next) open(next);
  else {
    list();
    editor();
    say(isDraft(current) ? "Saved" : "Saved: every question is reviewed");
  }
}

// The editor

const spans = (question) =>
  (question.evidence ?? []).map((span) =>
    Array.isArray(span) ? { document: question.document, start: span[0], end: span[1] } : span,
  );

async function open(question, focus = true) {
  flush();
  current = question;
  complain("");
  list();
  editor();
  if (focus) find("heading").focus({ preventScroll: innerWidth > 1000 });
  const [first] = spans(question);
  const source = first ?? question.made_from;
  await show(source?.document ?? question.document ?? shown?.id ?? set.documents[0]?.id, source);
}

function editor() {
  find("editor").hidden = current === null;
  if (current === null) return;
  const draft = isDraft(current);
  find("heading").textContent = `Question ${set.questions.indexOf(current) + 1} of ${set.questions.length}`;
  find("state").textContent = draft ? "To review" : "Reviewed";
  find("state").className = draft ? "" : "reviewed";
  find("kind").textContent = typeof current.kind === "string" ? current.kind.replaceAll("_", " ") : "";
  find("made-from").hidden = !current.made_from;
  find("made-from").textContent = current.made_from ? `Made from “${current.made_from.question}”, so that the articles should not answer it. Check that they do not.` : "";
  find("question").value = current.question;
  find("answerable").checked = current.answerable !== false;
  find("when-answerable").hidden = current.answerable === false;
  find("answers").replaceChildren(...(current.answers ?? []).map(answerField));
  evidence();
  find("tags").value = [current.tags ?? []].flat().join(", ");
  find("within").value = current.document ?? "";
  find("accept").firstChild.data = draft ? "Accept " : "Next to review ";
}

function answerField(text) {
  const field = make("textarea", { rows: 1, "aria-label": "Accepted answer", dir: "auto", oninput: saveAnswers });
  field.value = text;
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
    event.preventDefault();
    addAnswer("");
  });
  const remove = () => {
    row.remove();
    saveAnswers();
    find("add-answer").focus();
  };
  const row = make("div", {}, field, make("button", { type: "button", "aria-label": "Remove this answer", onclick: remove }, "×"));
  return row;
}

function addAnswer(text) {
  const empty = [...find("answers").querySelectorAll("textarea")].find((field) => !field.value.trim());
  const row = empty?.parentElement ?? answerField("");
  if (!empty) find("answers").append(row);
  row.firstChild.value = text;
  if (text) saveAnswers();
  else row.firstChild.focus();
}

function saveAnswers() {
  const answers = [...find("answers").querySelectorAll("textarea")].map((field) => field.value).filter((answer) => answer.trim());
  change({ answers: answers.length ? answers : null }, true);
}

function evidence() {
  const all = spans(current);
  const items = all.map((span, index) => {
    const quote = make("blockquote", { dir: "auto" }, "…");
    load(span.document).then((text) => quote.replaceChildren(text ? text.slice(span) : "not among these documents"));
    const remove = () => {
      const others = all.filter((_, other) => other !== index);
      change({ evidence: others.length ? others : null });
      evidence();
      paint();
      find("heading").focus();
    };
    const goTo = make("button", { type: "button", onclick: () => show(span.document, span, true) }, "Show");
    const gone = make("button", { type: "button", "aria-label": "Remove this evidence", onclick: remove }, "Remove");
    return make("li", {}, quote, make("div", { class: "tools" }, make("span", { dir: "auto" }, span.document), goTo, gone));
  });
  find("evidence").replaceChildren(...items);
  find("no-evidence").hidden = items.length > 0;
}

function setAnswerable(answerable) {
  if (answerable) change({ answerable: true, ...withdrawn.get(current.id) });
  else {
    withdrawn.set(current.id, { answers: current.answers ?? null, evidence: current.evidence ? spans(current) : null });
    change({ answerable: false, answers: null, evidence: null });
  }
  editor();
  paint();
}

async function accept() {
  const own = current;
  if (own.answerable !== false && !own.answers?.length && !own.evidence?.length) {
    return complain("Not accepted: give an accepted answer or evidence, or say that the articles do not answer it.");
  }
  const done = isDraft(own) ? await change({ draft: null, made_from: null }) : await flush();
  if (!done) {
    if (pending.has(own.id)) own.draft = true;
    list();
  } else if (current === own) nextDraft();
}

async function drop() {
  const own = current;
  const position = set.questions.indexOf(own);
  if (!(await flush()) || !("revision" in (await send("drop", { id: own.id })))) return;
  set.questions.splice(position, 1);
  set.dropped.push(own.id);
  current = null;
  const next = set.questions[position] ?? set.questions[position - 1];
  if (next) open(next);
  else {
    list();
    editor();
    paint();
  }
}

async function undo() {
  const id = set.dropped.at(-1);
  if (!id) return;
  const done = await send("restore", { id });
  if (!done.question) return;
  set.dropped.pop();
  set.questions.splice(done.position, 0, done.question);
  open(done.question);
}

async function add() {
  await flush();
  const changes = { question: "New question", draft: true };
  if (picked && shown) {
    const [start, end] = picked;
    const words = shown.text.slice(start, end);
    changes.document = shown.id;
    changes.evidence = [shown.points(...sentencesAround(start, end))];
    if (words.split(/\s+/).length <= ANSWER_WORDS) changes.answers = [words];
  }
  const done = await send("add", { changes });
  if (!done.question) return;
  getSelection().removeAllRanges();
  picked = null;
  set.questions.push(done.question);
  open(done.question, false);
  find("question").focus();
  find("question").select();
}

// The article. Offsets in the set count code points, and strings here count UTF-16 units.

function measured({ id, text, sentences }) {
  const units = []; // where each code point starts
  const points = new Uint32Array(text.length + 1); // the code point of each unit
  let at = 0;
  for (const character of `${text} `) {
    points.fill(units.length, at, at + character.length);
    units.push(at);
    at += character.length;
  }
  const unit = (point) => units[point] ?? text.length;
  return {
    id,
    text,
    sentences: sentences.map(([start, end]) => [unit(start), unit(end)]),
    units: ({ start, end }) => [unit(start), unit(end)],
    points: (start, end) => ({ document: id, start: points[start], end: points[end] }),
    slice: (span) => text.slice(unit(span.start), unit(span.end)),
  };
}

function load(id) {
  if (!texts.has(id)) {
    const read = async () => {
      const reply = await fetch(`document?id=${encodeURIComponent(id)}`);
      return reply.ok ? measured(await reply.json()) : null;
    };
    texts.set(id, read().catch(() => texts.delete(id) && null));
  }
  return texts.get(id);
}

let wanted = null; // the last document asked for: an earlier one may arrive later
async function show(id, span = null, near = false) {
  find("article").hidden = !set.documents.length;
  wanted = id;
  const text = id && (await load(id));
  if (!text || wanted !== id) return;
  if (shown !== text) {
    shown = text;
    picked = null;
    find("document").value = id;
    let start = 0;
    const pieces = text.text.match(/[^]*?\n{2,}|[^]+$/g) ?? [];
    find("text").replaceChildren(
      ...pieces.map((piece) => {
        const element = make("div");
        element.start = start;
        element.words = piece;
        element.painted = null;
        start += piece.length;
        return element;
      }),
    );
    find("text").scrollTop = 0;
  }
  paint();
  if (!span) return;
  if (near) find("article").scrollIntoView({ block: "nearest" });
  const [start] = shown.units(span);
  const mark = [...find("text").querySelectorAll("mark")].find((each) => Number(each.dataset.start) === start);
  // Twice, since content above gets its height only when it is near the viewport.
  for (let times = 0; mark && times < 2; times += 1) {
    const above = mark.getBoundingClientRect().top - find("text").getBoundingClientRect().top;
    find("text").scrollTop += above - find("text").clientHeight / 3;
    await new Promise(requestAnimationFrame);
  }
}

function paint() {
  if (!shown) return;
  const marks = current ? spans(current).filter((span) => span.document === shown.id).map((span) => [...shown.units(span), ""]) : [];
  if (current?.made_from?.document === shown.id) marks.push([...shown.units(current.made_from), "source"]);
  marks.sort((a, b) => a[0] - b[0]);
  for (const piece of find("text").children) {
    const end = piece.start + piece.words.length;
    const own = marks.filter((each) => each[0] < end && each[1] > piece.start);
    if (String(own) === piece.painted) continue;
    piece.painted = String(own);
    const parts = [];
    let at = piece.start;
    for (const [from, to, kind] of own) {
      const [first, last] = [Math.max(from, at), Math.min(to, end)];
      if (first >= last) continue;
      parts.push(shown.text.slice(at, first));
      parts.push(make("mark", { class: kind || null, "data-start": first }, shown.text.slice(first, last)));
      at = last;
    }
    const rest = shown.text.slice(at, end);
    const last = rest.trimEnd();
    piece.replaceChildren(...parts, last, make("span", { class: "gap" }, rest.slice(last.length)));
  }
}

function unitAt(node, offset) {
  const field = find("text");
  if (node === field) return field.children[offset]?.start ?? shown.text.length;
  let piece = node;
  while (piece.parentNode !== field) piece = piece.parentNode;
  const range = document.createRange();
  range.setStart(piece, 0);
  range.setEnd(node, offset);
  return piece.start + range.toString().length;
}

function readSelection() {
  const selection = getSelection();
  const field = find("text");
  if (!shown || !selection.rangeCount || !field.contains(selection.anchorNode) || !field.contains(selection.focusNode)) return;
  const range = selection.getRangeAt(0);
  let [start, end] = [unitAt(range.startContainer, range.startOffset), unitAt(range.endContainer, range.endOffset)];
  const words = shown.text.slice(start, end);
  start += words.length - words.trimStart().length;
  end -= words.length - words.trimEnd().length;
  picked = start < end ? [start, end] : null;
}
document.addEventListener("selectionchange", readSelection);

function placeAt(unit) {
  const piece = [...find("text").children].findLast((each) => each.start <= unit);
  const walker = document.createTreeWalker(piece, NodeFilter.SHOW_TEXT);
  let left = unit - piece.start;
  let node = walker.nextNode();
  while (node.length < left && walker.nextNode()) {
    left -= node.length;
    node = walker.currentNode;
  }
  return [node, left];
}

function sentencesAround(start, end) {
  const inside = shown.sentences.filter(([from, to]) => from < end && to > start);
  return inside.length ? [Math.min(start, inside[0][0]), Math.max(end, inside.at(-1)[1])] : [start, end];
}

function selectSentence() {
  const selection = getSelection();
  if (!shown || !find("text").contains(selection.anchorNode)) return;
  const at = picked ?? [unitAt(selection.anchorNode, selection.anchorOffset), unitAt(selection.anchorNode, selection.anchorOffset) + 1];
  const [start, end] = sentencesAround(...at);
  selection.setBaseAndExtent(...placeAt(start), ...placeAt(end));
  picked = [start, end];
}

function mark() {
  if (!picked || !current) return complain(NO_WORDS);
  if (current.answerable === false) setAnswerable(true);
  const span = shown.points(...picked);
  const others = spans(current).filter((each) => each.document !== span.document || each.end <= span.start || each.start >= span.end);
  change({ evidence: [...others, span] });
  evidence();
  const at = picked;
  paint();
  getSelection().setBaseAndExtent(...placeAt(at[0]), ...placeAt(at[1]));
}

function take() {
  if (!picked || !current) return complain(NO_WORDS);
  const words = shown.text.slice(...picked);
  const at = picked;
  if (current.answerable === false) setAnswerable(true);
  if (!current.answers?.includes(words)) addAnswer(words);
  const span = shown.points(...at);
  if (!spans(current).some((each) => each.document === span.document && each.start <= span.start && each.end >= span.end)) {
    picked = sentencesAround(...at);
    mark();
  }
  flush();
}

// Fields, buttons and keys

const toField = (id) => {
  find(id).focus();
  find(id).setSelectionRange(find(id).value.length, find(id).value.length);
};
const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  a: accept,
  d: drop,
  z: undo,
  e: () => toField("question"),
  n: () => current.answerable !== false && addAnswer(""),
  t: () => toField("tags"),
  u: () => setAnswerable(current.answerable === false),
  i: add,
  m: () => find("text").focus(),
  s: selectSentence,
  v: mark,
  w: take,
};
const WITHOUT_QUESTION = "zims";

// One after the other, so that no key acts on a question that the previous key is leaving.
let acting = Promise.resolve();
const inTurn = (act) => {
  acting = acting.then(act, act);
};

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  const inField = target.matches("textarea, select, input:not([type='checkbox'])");
  if (key === "Enter" && (event.ctrlKey || event.metaKey) && current) {
    event.preventDefault();
    inTurn(async () => (await flush()) && accept());
  } else if (key === "Escape" && (inField || target.id === "text")) find("heading").focus();
  else if (!inField && !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing && find("keys").checked) {
    if (!Object.hasOwn(KEYS, key)) return;
    event.preventDefault();
    // The selection event may arrive after the key that uses it.
    readSelection();
    inTurn(() => (current || WITHOUT_QUESTION.includes(key)) && KEYS[key]());
  }
});

for (const name of ["beforeinput", "dragstart", "drop"]) find("text").addEventListener(name, (event) => event.preventDefault());
find("question").addEventListener("input", (event) => change({ question: event.target.value }, true));
find("tags").addEventListener("input", (event) => {
  const tags = event.target.value.split(",").map((tag) => tag.trim()).filter(Boolean);
  change({ tags: tags.length ? tags : null }, true);
});
find("answerable").addEventListener("change", (event) => setAnswerable(event.target.checked));
find("within").addEventListener("change", (event) => change({ document: event.target.value || null, evidence: current.evidence ? spans(current) : null }));
find("filter").addEventListener("change", list);
find("document").addEventListener("change", (event) => show(event.target.value));
find("add-answer").addEventListener("click", () => addAnswer(""));
const BUTTONS = { accept, drop, undo, add, mark, take, sentence: selectSentence, previous: () => move(-1), next: () => move(1) };
for (const [id, act] of Object.entries(BUTTONS)) find(id).addEventListener("click", () => inTurn(() => act()));
for (const id of ["sentence", "mark", "take"]) find(id).addEventListener("mousedown", (event) => event.preventDefault());

const KEPT = "qa-review-keys";
function useKeys(on) {
  find("keys").checked = on;
  document.body.classList.toggle("unkeyed", !on);
}
find("keys").addEventListener("change", (event) => {
  useKeys(event.target.checked);
  localStorage.setItem(KEPT, event.target.checked ? "on" : "off");
});
addEventListener("beforeunload", (event) => {
  if (!pending.size) return;
  flush();
  event.preventDefault();
});

async function start() {
  useKeys(localStorage.getItem(KEPT) !== "off");
  find("drawer").open = innerWidth > 1000;
  const { name, ...rest } = await (await fetch("set")).json();
  Object.assign(set, rest);
  find("name").textContent = name;
  document.title = `${name} – review questions`;
  const options = () => set.documents.map((each) => make("option", { value: each.id }, each.title === each.id ? each.id : `${each.title} (${each.id})`));
  find("document").replaceChildren(...options());
  find("within").replaceChildren(make("option", { value: "" }, "all articles"), ...options());
  const first = set.questions.find(isDraft) ?? set.questions[0];
  if (first) await open(first, false);
  else {
    list();
    await show(set.documents[0]?.id);
  }
}

start();
