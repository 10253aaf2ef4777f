// Finds words in the article that is shown. What is found is highlighted without a change of the text; of an article
// that is shown in parts, the server finds them, and each is opened as a passage.
const MOST_FOUND = 1000;
let sought = ""; // kept when the pane is drawn again
let found = []; // ranges, or links to passages
let at = -1;
let seeking = null; // the latest search

function pattern(words) {
  const escaped = words.trim().replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
  return new RegExp(escaped.replace(/\s+/g, "\\s+"), "giu");
}

function rangesOf(words, text) {
  const nodes = [];
  let joined = "";
  for (const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT); walker.nextNode(); ) {
    const hidden = walker.currentNode.parentElement.closest(".hidden");
    if (!hidden) nodes.push([joined.length, walker.currentNode]);
    // Marks are not read, but what is around them may be two lines or cells.
    joined += hidden ? walker.currentNode.data.replace(/\S+/g, "") : walker.currentNode.data;
  }
  const place = (offset) => {
    const [start, node] = nodes.findLast(([first]) => first <= offset);
    return [node, Math.min(offset - start, node.length)];
  };
  return [...joined.matchAll(pattern(words))].slice(0, MOST_FOUND).map((match) => {
    const range = new Range();
    range.setStart(...place(match.index));
    range.setEnd(...place(match.index + match[0].length - 1));
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
    const links = await Promise.resolve(server.find({ links: [source.dataset.place], text: words, library: props.library })).catch(() => "");
    if (sought !== words) return;
    found = links ? links.split(" ") : [];
  } else if (words.trim()) {
    found = rangesOf(words, source.querySelector(".text"));
  }
  highlight();
  form.querySelector("output").textContent = words.trim() ? count() : "";
}

const count = () => (found.length ? `${at + 1 ? `${at + 1} of ` : ""}${found.length}${found.length === MOST_FOUND ? "+" : ""}` : "not found");

function highlight() {
  const ranges = found.filter((each) => each instanceof Range);
  globalThis.CSS?.highlights?.set("found", new Highlight(...ranges));
  globalThis.CSS?.highlights?.set("found-now", new Highlight(...ranges.slice(at, at + 1 || undefined).slice(0, at < 0 ? 0 : 1)));
}

async function step(by) {
  await seeking;
  if (!found.length) return;
  at = at < 0 ? (by > 0 ? 0 : found.length - 1) : (at + by + found.length) % found.length;
  if (found[at] instanceof Range) {
    const page = element.querySelector(".page");
    // A narrow page scrolls, and not the pane in it.
    if (narrow.matches) found[at].startContainer.parentElement.scrollIntoView({ block: "center" });
    page.scrollTop += found[at].getBoundingClientRect().top - page.getBoundingClientRect().top - page.clientHeight / 3;
    highlight();
  } else {
    await show([found[at]]);
    element.querySelector(".find input")?.focus({ preventScroll: true });
  }
  element.querySelector(".find output").textContent = count();
}

// Runs once the pane is drawn, which makes a new field.
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
