// Opens links to articles in the source pane. Gradio gives: element, props, server, watch.
const LINKS = 'a[href^="#cite:"], a[href^="#passage:"], a[href^="#article:"], a[href="#articles"]';
const NO_ANSWER = '<div class="source"><div class="page"><p class="notice">The server does not answer.</p></div></div>';
let opener = null; // the link in the chat that the marked excerpt was opened from
let latest = 0;

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

async function open(link) {
  const turn = ++latest;
  const inPane = element.contains(link);
  opener = inPane ? null : link;
  // Where the server is gone this gives no text, or fails.
  const html = await Promise.resolve(server.load_source(link.getAttribute("href"))).catch(() => null);
  if (turn !== latest) return;
  props.value = typeof html === "string" ? html : NO_ANSWER;
  await twoFrames();
  const target = showMark() ?? element.querySelector(".bar a, .page a");
  target?.focus({ preventScroll: true });
  const box = (element.querySelector("mark") ?? element).getBoundingClientRect();
  if (box.top < 0 || box.bottom > innerHeight) element.scrollIntoView({ block: "start" });
  element.querySelector(".source").classList.toggle("opened", !inPane);
}

function goBack() {
  // An answer that was drawn anew holds another link to the same place.
  const href = opener?.getAttribute("href");
  const link = opener?.isConnected ? opener : document.querySelector(`a[href="${CSS.escape(href ?? "")}"]`);
  opener = null;
  link?.focus({ preventScroll: true });
  link?.scrollIntoView({ block: "nearest" });
}

async function copy(link) {
  const answer = link.closest(".answer").cloneNode(true);
  answer.querySelectorAll(".copy").forEach((part) => part.remove());
  const blocks = [...answer.querySelectorAll("p, blockquote, summary, li")];
  const text = blocks.map((block) => block.textContent.trim()).join("\n\n");
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
  } else {
    // Pages that are not served over https have no clipboard to write to.
    const area = document.body.appendChild(document.createElement("textarea"));
    area.value = text;
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  link.textContent = "Copied";
  setTimeout(() => (link.textContent = "Copy"), 1500);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]');
  const action = link?.matches(LINKS) ? open : { "#back": goBack, "#copy": copy }[link?.getAttribute("href")];
  if (!action) return;
  event.preventDefault();
  action(link);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && opener && element.contains(document.activeElement)) goBack();
});

// Gradio labels each message with its own HTML, which a screen reader would spell out in place of the message.
new MutationObserver(() => {
  for (const message of document.querySelectorAll("#chat [data-testid][aria-label]")) message.removeAttribute("aria-label");
}).observe(document.body, { childList: true, subtree: true, attributeFilter: ["aria-label"] });

watch("value", () => requestAnimationFrame(showMark));
