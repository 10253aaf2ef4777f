// Finds words in the article that is shown, and highlights them without changing the text. The server searches an
// article that is shown in parts, and each match is opened as a passage.
const MAX_MATCHES = 1000;
let sought = ""; // survives a redraw of the pane
let found = []; // ranges, or links to passages
let at = -1; // index of the current match
let seeking = null; // the latest search

function pattern(words) {
  const escaped = words.trim().replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  return new RegExp(escaped.replace(/\s+/g, "\\s+"), "giu");
}

function rangesOf(words, text) {
  const nodes = [];
  let joined = "";
  for (const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT); walker.nextNode(); ) {
    const hidden = walker.currentNode.parentElement.closest(".hidden");
    if (!hidden) nodes.push([joined.length, walker.currentNode]);
    // Hidden markup is not searched, but its white space may separate two lines or cells.
    joined += hidden ? walker.currentNode.data.replace(/\S+/g, "") : walker.currentNode.data;
  }
  const position = (offset) => {
    const [start, node] = nodes.findLast(([first]) => first <= offset);
    return [node, Math.min(offset - start, node.length)];
  };
  return [...joined.matchAll(pattern(words))].slice(0, MAX_MATCHES).map((match) => {
    const range = new Range();
    range.setStart(...position(match.index));
    range.setEnd(...position(match.index + match[0].length - 1));
    range.setEnd(range.endContainer, range.endOffset + 1);
    return range;
  });
}

async function find(words) {
  const form = element.querySelector(".find");
  const source = element.querySelector(".source");
  sought = words;
  at = -1;
  found = [];
  if (words.trim() && source.querySelector(".more")) {
    const links = await call("find", { links: [source.dataset.link], text: words });
    if (sought !== words) return;
    found = links ? links.split(" ") : [];
  } else if (words.trim()) {
    found = rangesOf(words, source.querySelector(".text"));
  }
  highlight();
  form.querySelector("output").textContent = words.trim() ? count() : "";
}

const count = () => (found.length ? `${at + 1 ? `${at + 1} of ` : ""}${found.length}${found.length === MAX_MATCHES ? "+" : ""}` : "not found");

function highlight() {
  const ranges = found.filter((each) => each instanceof Range);
  globalThis.CSS?.highlights?.set("found", new Highlight(...ranges));
  globalThis.CSS?.highlights?.set("found-now", new Highlight(...ranges.filter((each) => each === found[at])));
}

async function step(by) {
  await seeking;
  if (!found.length) return;
  at = at < 0 ? (by > 0 ? 0 : found.length - 1) : (at + by + found.length) % found.length;
  if (found[at] instanceof Range) {
    const page = element.querySelector(".page");
    // On a narrow screen the page scrolls instead of the pane.
    if (narrow.matches) found[at].startContainer.parentElement.scrollIntoView({ block: "center" });
    page.scrollTop += found[at].getBoundingClientRect().top - page.getBoundingClientRect().top - page.clientHeight / 3;
    highlight();
  } else {
    await show([found[at]]);
    element.querySelector(".find input")?.focus({ preventScroll: true });
  }
  element.querySelector(".find output").textContent = count();
}

// Fills the new field once the pane is redrawn.
function findAgain() {
  const field = element.querySelector(".find input");
  if (!field) return (sought = "");
  field.value = sought;
  if (sought && !element.querySelector(".more")) find(sought);
}

element.addEventListener("input", (event) => event.target.closest(".find") && during((seeking = find(event.target.value))));
element.addEventListener("submit", (event) => {
  if (!event.target.matches(".find")) return;
  event.preventDefault();
  during(step(event.submitter?.name === "previous" ? -1 : 1));
});
element.addEventListener("keydown", (event) => {
  if (!event.target.matches(".find input")) return;
  if (event.key === "Enter" && event.shiftKey) {
    event.preventDefault();
    during(step(-1));
  } else if (event.key === "Escape") {
    event.target.value = "";
    find("");
  }
});
