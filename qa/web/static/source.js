// Opens links to articles in the source pane. Gradio gives: element, props, server, watch.
const LINKS = 'a[href^="#cite:"], a[href^="#passage:"], a[href^="#article:"], a[href="#articles"]';
const NO_ANSWER = `<div class="source"><div class="page"><p class="notice">${NOTICES.NO_SERVER}</p></div></div>`;
let opener = null; // the link in the chat that the marked excerpt was opened from
let latest = 0;
let wanted = "#articles"; // the link requested last
let drawings = 0;

// data-busy is the number of pending operations, for tests that wait for the page; 0 is none.
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

const twoFrames = () =>
  new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

// Scrolls the pane only, not the page.
function showMark() {
  const page = element.querySelector(".page");
  const mark = page?.querySelector("mark") ?? (page && startOfPlace(page));
  if (mark) {
    const offset = mark.getBoundingClientRect().top - page.getBoundingClientRect().top;
    page.scrollTop += offset - Math.max(24, (page.clientHeight - mark.offsetHeight) / 3);
  } else if (page) {
    page.scrollTop = 0;
  }
  return mark;
}

// The link, then those to all excerpts of its answer.
function request(link) {
  const href = link.getAttribute("href");
  const together = link.matches(".cite, .excerpts a") ? link.closest(".answer, .excerpts") : null;
  const excerpts = [...(together?.querySelectorAll(".cite, .number") ?? [])].map((each) => each.getAttribute("href"));
  return [href, ...new Set(excerpts)];
}

// Shows the target of a request; returns false if a later request has overtaken it.
async function show(links) {
  const turn = ++latest;
  wanted = links[0];
  // Without a server this returns no text, or throws.
  const html = await Promise.resolve(server.load_source({ links, library: props.library })).catch(() => null);
  if (turn !== latest) return false;
  props.value = typeof html === "string" ? html : NO_ANSWER;
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
watch("value", () => during(drawn()));

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
  // Do not take the focus from a visitor who types elsewhere.
  if ([before, document.body].includes(document.activeElement)) target?.focus({ preventScroll: true });
  bringIntoView();
  element.querySelector(".source").classList.toggle("opened", opener !== null);
}

// On a narrow page the pane is below the conversation.
function bringIntoView() {
  const mark = element.querySelector("mark");
  const box = (mark ?? element).getBoundingClientRect();
  if (box.top >= 0 && box.bottom <= innerHeight) return;
  // There the page scrolls, and not the pane in it.
  if (mark && narrow.matches) mark.scrollIntoView({ block: "center" });
  else element.scrollIntoView({ block: "start" });
}

function goBack() {
  // An answer that was rendered again has another link with the same address.
  const href = opener?.getAttribute("href");
  const link = opener?.isConnected ? opener : document.querySelector(`a[href="${CSS.escape(href ?? "")}"]`);
  opener = null;
  link?.focus({ preventScroll: true });
  link?.scrollIntoView({ block: "center" });
  link?.classList.add("returned");
  setTimeout(() => link?.classList.remove("returned"), 2000);
  element.querySelector(".source").classList.remove("opened");
}

// Copies the address of this page with the target that the pane shows.
function copyLink(link) {
  const place = element.querySelector(".source").dataset.place;
  const address = new URL(location.href);
  address.hash = place;
  copyText(address.href, link);
}

const ACTIONS = { "#back": goBack, "#link": copyLink, "#copy": copyAnswer, "#copy-text": copyExcerpt, "#copy-markdown": copyExcerpt, "#ask": askSuggested, "#save": save };

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]');
  const action = link?.matches(LINKS) ? open : ACTIONS[link?.getAttribute("href").split(":")[0]];
  if (!action || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  during(action(link));
});

// A link that is a button is pressed with the space bar too.
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.matches?.('a[role="button"]')) return;
  event.preventDefault();
  event.target.click();
});

// Keyboard shortcuts while the pane has the focus, so that they never interfere with typing.
document.addEventListener("keydown", (event) => {
  if (!element.contains(document.activeElement) || event.target.matches("input") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && opener) goBack();
  const step = { n: ".next", p: ".previous" }[event.key];
  element.querySelector(`.excerpts ${step ?? "none"}`)?.click();
});

// Gradio labels each message with its HTML, which a screen reader would read instead of the message.
new MutationObserver(() => {
  for (const message of document.querySelectorAll("#chat [data-testid][aria-label]")) message.removeAttribute("aria-label");
}).observe(document.body, { childList: true, subtree: true, attributeFilter: ["aria-label"] });

// Updates the list of articles after one was added or removed.
async function listAgain() {
  if (wanted !== "#articles" || !element.querySelector(".articles")) return;
  const turn = ++latest;
  const html = await Promise.resolve(server.load_source({ links: ["#articles"], library: props.library })).catch(() => null);
  if (turn === latest && typeof html === "string") props.value = html;
}
document.addEventListener("library", () => during(listAgain()));

// Opens the first article that is added, unless something else was opened meanwhile.
const shownPlace = () => element.querySelector(".source")?.dataset.place;
let placeBefore = null;
document.addEventListener("adding", () => (placeBefore = shownPlace()));
document.addEventListener("added", ({ detail }) => {
  if (detail.first && shownPlace() === placeBefore) during(show([detail.href]));
});

// Follows a link in the address once the page has the key of its library, which the link may point into.
let opened = null;
during(new Promise((done) => (opened = done)));
watch("library", async () => {
  const linked = wanted === "#articles" && /^#(cite|passage|article):/.test(location.hash);
  if (!(await followShare())) await (linked ? show([location.hash]) : listAgain());
  document.dispatchEvent(new Event("opened"));
  opened();
});
