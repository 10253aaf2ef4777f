// Opens links to articles in the source pane. Gradio gives: element, props, server, watch.
const LINKS = 'a[href^="#cite:"], a[href^="#passage:"], a[href^="#article:"], a[href="#articles"]';
const NO_ANSWER = '<div class="source"><div class="page"><p class="notice">The server is not responding. Try again, or reload the page.</p></div></div>';
let opener = null; // the link in the chat that the marked excerpt was opened from
let latest = 0;
let wanted = "#articles"; // what was asked for last
let drawings = 0;

// What waits for the page to be complete finds in data-busy how much is still on its way; 0 is none.
let underway = 0;
async function during(work) {
  element.dataset.busy = ++underway;
  try {
    return await work;
  } finally {
    element.dataset.busy = --underway;
  }
}

const twoFrames = () =>
  new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

// Scrolls the pane alone: the page itself stays where the reader is.
function showMark() {
  const page = element.querySelector(".page");
  const mark = page?.querySelector("mark");
  if (mark) {
    const offset = mark.getBoundingClientRect().top - page.getBoundingClientRect().top;
    page.scrollTop += offset - Math.max(24, (page.clientHeight - mark.offsetHeight) / 3);
  } else if (page) {
    page.scrollTop = 0;
  }
  return mark;
}

// The link itself, then those to all excerpts of its answer.
function request(link) {
  const href = link.getAttribute("href");
  const together = link.matches(".cite, .excerpts a") ? link.closest(".answer, .excerpts") : null;
  const excerpts = [...(together?.querySelectorAll(".cite, .number") ?? [])].map((each) => each.getAttribute("href"));
  return [href, ...new Set(excerpts)];
}

// Shows what a request leads to; false when a later one came in between.
async function show(links) {
  const turn = ++latest;
  wanted = links[0];
  // Where the server is gone this gives no text, or fails.
  const html = await Promise.resolve(server.load_source({ links, library: props.library })).catch(() => null);
  if (turn !== latest) return false;
  props.value = typeof html === "string" ? html : NO_ANSWER;
  await drawn();
  return true;
}

// Comes after every change of what the pane shows. Gradio watches for those that the server makes, not for ours.
async function drawn() {
  const drawing = ++drawings;
  await twoFrames();
  if (drawing !== drawings) return;
  showMark();
  during(showSheet(() => drawing === drawings));
}
watch("value", () => during(drawn()));

async function open(link) {
  const before = document.activeElement;
  const inPane = element.contains(link);
  const stepping = link.closest(".excerpts") !== null;
  // Stepping from one excerpt to the next still leads back to the answer.
  if (!stepping) opener = inPane ? null : link;
  const step = stepping ? link.className : null;
  if (!(await show(request(link)))) return;
  const again = step && element.querySelector(`.excerpts .${step}`);
  const target = again ?? element.querySelector("mark") ?? element.querySelector(".bar a, .page a");
  // Who has gone on to type elsewhere stays there.
  if ([before, document.body].includes(document.activeElement)) target?.focus({ preventScroll: true });
  bringIntoView();
  element.querySelector(".source").classList.toggle("opened", opener !== null);
}

// On a narrow page the pane stands under the conversation.
function bringIntoView() {
  const box = (element.querySelector("mark") ?? element).getBoundingClientRect();
  if (box.top < 0 || box.bottom > innerHeight) element.scrollIntoView({ block: "start" });
}

function goBack() {
  // An answer that was drawn anew holds another link to the same place.
  const href = opener?.getAttribute("href");
  const link = opener?.isConnected ? opener : document.querySelector(`a[href="${CSS.escape(href ?? "")}"]`);
  opener = null;
  link?.focus({ preventScroll: true });
  link?.scrollIntoView({ block: "nearest" });
}

// The address of this page, with the place that the pane shows.
function copyLink(link) {
  const place = element.querySelector(".source").dataset.place;
  const address = new URL(location.href);
  address.hash = place;
  copyText(address.href, link);
}

const ACTIONS = { "#back": goBack, "#link": copyLink, "#copy": copyAnswer, "#ask": askSuggested, "#save": save };

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]');
  const action = link?.matches(LINKS) ? open : ACTIONS[link?.getAttribute("href").split(":")[0]];
  if (!action || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  during(action(link));
});

// Keys that mean something only while the pane has the focus, so that typing is never disturbed.
document.addEventListener("keydown", (event) => {
  if (!element.contains(document.activeElement) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && opener) goBack();
  const step = { n: ".next", p: ".previous" }[event.key];
  element.querySelector(`.excerpts ${step ?? "none"}`)?.click();
});

// Gradio labels each message with its own HTML, which a screen reader would spell out in place of the message.
new MutationObserver(() => {
  for (const message of document.querySelectorAll("#chat [data-testid][aria-label]")) message.removeAttribute("aria-label");
}).observe(document.body, { childList: true, subtree: true, attributeFilter: ["aria-label"] });

// The list of articles follows what is added and removed.
async function listAgain() {
  if (wanted !== "#articles" || !element.querySelector(".articles")) return;
  const turn = ++latest;
  const html = await Promise.resolve(server.load_source({ links: ["#articles"], library: props.library })).catch(() => null);
  if (turn === latest && typeof html === "string") props.value = html;
}
document.addEventListener("library", () => during(listAgain()));

// The page has the key of its library: what a link to an excerpt leads to may be the visitor's own.
let arrived = null;
during(new Promise((done) => (arrived = done)));
watch("library", async () => {
  const linked = wanted === "#articles" && /^#(cite|passage|article):/.test(location.hash);
  await (linked ? show([location.hash]) : listAgain());
  arrived();
});
