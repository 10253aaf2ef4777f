// Opens links to articles in the source pane. Gradio provides element, props, server and watch.
const LINKS = 'a[href^="#cite:"], a[href^="#passage:"], a[href^="#article:"], a[href="#articles"]';
const NO_ANSWER = `<div class="source"><div class="page"><p class="notice">${NOTICES.NO_SERVER}</p></div></div>`;
let opener = null; // the link in the chat that the marked excerpt was opened from
let wanted = "#articles"; // the link that was requested, or shown by the server, last
let requests = 0;
let drawings = 0;

// Calls a function of the server about the visitor's library, and returns its text; null if the server does not respond.
// Gradio then throws, or returns an object with an error.
async function call(name, sent) {
  const text = await Promise.resolve(server[name]({ library: props.library, ...sent })).catch(() => null);
  return typeof text === "string" ? text : null;
}

// data-busy is the number of pending operations, for tests that wait until there are none.
let underway = 0;
async function during(work) {
  element.dataset.busy = ++underway;
  try {
    return await work;
  } finally {
    element.dataset.busy = --underway;
  }
}

const narrow = matchMedia("(max-width: 767px)");

// Scrolls the pane, but not the page.
function showMark() {
  const page = element.querySelector(".page");
  const mark = page?.querySelector("mark") ?? (page && openedPage(page));
  if (mark) {
    const offset = mark.getBoundingClientRect().top - page.getBoundingClientRect().top;
    page.scrollTop += offset - Math.max(24, (page.clientHeight - mark.offsetHeight) / 3);
  } else if (page) {
    page.scrollTop = 0;
  }
  return mark;
}

// Returns the link, then the links to all excerpts of its answer.
function request(link) {
  const href = link.getAttribute("href");
  const together = link.matches(".cite, .excerpts a") ? link.closest(".answer, .excerpts") : null;
  const excerpts = [...(together?.querySelectorAll(".cite, .number") ?? [])].map((each) => each.getAttribute("href"));
  return [href, ...new Set(excerpts)];
}

// Shows the target of a request; returns false if a later request has overtaken it.
async function show(links) {
  const turn = ++requests;
  wanted = links[0];
  const html = await call("load_source", { links });
  if (turn !== requests) return false;
  props.value = html ?? NO_ANSWER;
  await drawn();
  return true;
}

// Runs after every change of the pane. Gradio's watch reports only changes that the server makes.
async function drawn() {
  const drawing = ++drawings;
  await twoFrames();
  if (drawing !== drawings) return;
  showMark();
  findAgain();
  remember();
  during(showPdfPage(() => drawing === drawings));
}
watch("value", () => {
  wanted = shownLink() ?? wanted;
  during(drawn());
});

async function open(link) {
  const before = document.activeElement;
  const inPane = element.contains(link);
  const stepping = link.closest(".excerpts") !== null;
  // After steps between excerpts, "Back to the answer" still returns to the first link.
  if (!stepping) opener = inPane ? null : link;
  const step = stepping ? link.className : null;
  if (!(await show(request(link)))) return;
  const again = step && element.querySelector(`.excerpts .${step}`);
  const target = again ?? element.querySelector("mark") ?? element.querySelector(".bar a, .page a");
  // Leaves the focus to a visitor who has started to type elsewhere.
  if ([before, document.body].includes(document.activeElement)) target?.focus({ preventScroll: true });
  // Before scrolling, since it changes the height of the bar.
  element.querySelector(".source").classList.toggle("opened", opener !== null);
  bringIntoView();
}

// On a narrow screen the pane is below the conversation, and the page scrolls instead of the pane.
function bringIntoView() {
  const mark = element.querySelector("mark");
  const first = (narrow.matches && mark && element.querySelector(".pdf .box")) || mark || element;
  const { top } = first.getBoundingClientRect();
  const { bottom } = (mark ?? element).getBoundingClientRect();
  if (top >= 0 && bottom <= innerHeight) return;
  if (!mark || !narrow.matches) return element.scrollIntoView({ block: "start" });
  // The excerpt is on the picture of its page and in the text below: show both if there is room below the sticky bars.
  const covered = [...element.querySelectorAll(".bar, .reading")].reduce((height, bar) => height + bar.offsetHeight, 0);
  const room = innerHeight - covered - (bottom - top);
  if (room >= 0) scrollBy(0, top - covered - room / 2);
  else mark.scrollIntoView({ block: "center" });
}

function goBack() {
  // If the answer was rendered again, it has a new link with the same address.
  const href = opener?.getAttribute("href");
  const link = opener?.isConnected ? opener : document.querySelector(`a[href="${CSS.escape(href ?? "")}"]`);
  opener = null;
  link?.focus({ preventScroll: true });
  link?.scrollIntoView({ block: "center" });
  link?.classList.add("returned");
  setTimeout(() => link?.classList.remove("returned"), 2000);
  element.querySelector(".source").classList.remove("opened");
}

// Copies an address of this page.
function copyAddress(hash, link) {
  const address = new URL(location.href);
  address.hash = hash;
  return copyText(address.href, link);
}
const copyLink = (link) => copyAddress(element.querySelector(".source").dataset.link, link);

// Gradio's own button is hidden: it would cover text.
function clearConversation(link) {
  document.querySelector("#chat .top-panel button").click();
  if (link.matches(":focus-visible")) document.querySelector("#question textarea").focus({ preventScroll: true });
}

// Opens the panel of articles, where some can be added.
function openLibrary() {
  const heading = document.querySelector("#library > button");
  if (!heading.classList.contains("open")) heading.click();
  heading.focus();
}

const ACTIONS = { "#add": openLibrary, "#back": goBack, "#clear": clearConversation, "#link": copyLink, "#copy": copyAnswer, "#copy-text": copyExcerpt, "#copy-markdown": copyExcerpt, "#ask": askSuggested, "#save": save };

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]');
  const action = link?.matches(LINKS) ? open : ACTIONS[link?.getAttribute("href").split(":")[0]];
  if (!action || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  during(action(link));
});

// Space activates links that are buttons, as it does buttons.
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.matches?.('a[role="button"]')) return;
  event.preventDefault();
  event.target.click();
});

// Keyboard shortcuts, only while the pane has the focus, so that they do not interfere with typing.
document.addEventListener("keydown", (event) => {
  if (!element.contains(document.activeElement) || event.target.matches("input") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && opener) goBack();
  const step = { n: ".next", p: ".previous" }[event.key];
  element.querySelector(`.excerpts ${step ?? "none"}`)?.click();
});

// For screen readers: Gradio labels each message with its HTML, and neither labels the button with an arrow nor says which
// panels are open.
function label() {
  for (const message of document.querySelectorAll("#chat [data-testid][aria-label]")) message.removeAttribute("aria-label");
  const button = document.querySelector("#question .submit-button:not([aria-label])");
  if (button) button.ariaLabel = "Ask";
  for (const heading of document.querySelectorAll(".label-wrap")) heading.ariaExpanded = heading.classList.contains("open");
}
onChange(label, document.body, { childList: true, attributeFilter: ["aria-label", "class"] });

// Updates the list of articles after one was added or removed.
async function listAgain() {
  if (wanted !== "#articles") return;
  const turn = ++requests;
  const html = await call("load_source", { links: ["#articles"] });
  if (turn === requests && html !== null) props.value = html;
}
document.addEventListener("library", () => during(listAgain()));
document.addEventListener("removed", ({ detail }) => {
  const shown = shownLink()?.split(":")[1];
  if (shown && shown === detail.split(":")[1]) during(show(["#articles"]));
});

// Opens the first article that is added, unless the visitor has opened something else meanwhile.
const shownLink = () => element.querySelector(".source")?.dataset.link;
let wantedBefore = null;
document.addEventListener("adding", () => (wantedBefore = wanted));
document.addEventListener("added", ({ detail }) => {
  if (detail.first && wanted === wantedBefore) during(show([detail.href]));
});

// Follows a link in the address once the page has the key of its library, since the link may point into that.
let opened = null;
during(new Promise((done) => (opened = done)));
watch("library", async () => {
  const linked = wanted === "#articles" && /^#(cite|passage|article):/.test(location.hash);
  if (!(await followShare())) await (linked ? show([location.hash]) : listAgain());
  document.dispatchEvent(new Event("opened"));
  opened();
});
