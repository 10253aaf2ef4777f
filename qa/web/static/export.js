// Copies an answer, an excerpt or a link, and saves the conversation.
const copied = new Map(); // what links that say "Copied" said before, and their timers

async function copyText(text, link) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // The clipboard API requires https, and the permission of the page that frames this one.
    const area = document.body.appendChild(document.createElement("textarea"));
    area.value = text;
    area.select();
    document.execCommand("copy");
    area.remove();
    link.focus({ preventScroll: true });
  }
  const before = copied.get(link) ?? { name: [...link.childNodes] };
  clearTimeout(before.timer);
  link.textContent = "Copied";
  before.timer = setTimeout(() => copied.delete(link) && link.replaceChildren(...before.name), 1500);
  copied.set(link, before);
}

// Copies the short answer, the excerpts, and the location of each.
function copyAnswer(link) {
  const answer = readAnswer(link.closest(".answer"));
  const sources = answer.excerpts.map((each) => {
    const verdict = each.recognised ? `${each.verdict}, recognised text` : each.verdict;
    return `[${each.n}] ${titled(each)} (${each.document}, ${spanned(each)}; ${verdict})`;
  });
  const declined = link.closest(".answer").querySelector(".short")?.textContent;
  const text = answer.answer === null ? declined : answer.phrased ? answer.answer : `${answer.answer} [1]`;
  const excerpts = answer.excerpts.map((each) => `[${each.n}] \u201c${each.text}\u201d`);
  copyText([text, ...excerpts, sources.join("\n"), answer.phrased, answer.confidence].filter(Boolean).join("\n\n"), link);
}

// Copies one excerpt with its location.
function copyExcerpt(link) {
  const line = link.closest(".source-line");
  const answer = link.closest(".answer");
  const index = [...answer.querySelectorAll(".source-line")].indexOf(line);
  const excerpt = readAnswer(answer).excerpts[index];
  const { document: name, text } = excerpt;
  const [of, span] = [titled(excerpt), spanned(excerpt)];
  if (link.getAttribute("href") === "#copy-text") return copyText(`\u201c${text}\u201d\n\u2014 ${of} (${name}, ${span})`, link);
  // Other visitors can open only an article that is served.
  const address = new URL(line.querySelector(".cite").getAttribute("href"), location.href).href;
  const where = answer.querySelector(".share") ? `[${span}](<${address}>)` : span;
  const quoted = inMarkdown(text).split("\n").map((line) => `> ${line}`.trimEnd());
  return copyText([...quoted, ">", `> \u2014 *${inMarkdown(of)}* (${inMarkdown(name)}, ${where})`].join("\n"), link);
}

const titled = ({ title, page }) => (page ? `${title}, page ${page}` : title);
const spanned = ({ start, end }) => `characters ${start}\u2013${end}`;
const inMarkdown = (text) => text.replace(/[\\`*_[\]<>!#|~&$]|^[-+=](?=[\s=-]|$)/gm, "\\$&");

function readAnswer(answer) {
  const text = (selector, within = answer) => within.querySelector(selector)?.textContent.trim() ?? null;
  const excerpts = [...answer.querySelectorAll(".source-line")].map((line, index) => {
    const [, name, start, end] = line.querySelector(".cite").getAttribute("href").split(":");
    return {
      n: index + 1,
      document: decodeURIComponent(name),
      title: text(".title", line),
      start: Number(start),
      end: Number(end),
      text: excerptText(line),
      page: Number(text(".page", line)?.replace(/\D/g, "")) || null,
      verdict: text(".verdict", line),
      recognised: line.querySelector(".recognised") !== null,
    };
  });
  const confidence = answer.querySelector(".confidence > span[title]");
  return {
    answer: excerpts.length ? answerText(answer) : null,
    reason: excerpts.length ? null : text(".short"),
    searched_for: text(".searched .query"),
    phrased: text(".phrased"),
    confidence: confidence?.textContent ?? "",
    // In per cent, "91%: ..."; Gradio removes other attributes. What is not a number is null in JSON.
    confidence_value: parseInt(confidence?.title) / 100,
    excerpts,
  };
}

// The answer: a model's sentences, a few words, items, or the excerpts that answer, each after its label.
function answerText(answer) {
  const items = [...answer.querySelectorAll(".items li")];
  if (items.length) return items.map(words).join("; ");
  const whole = answer.querySelector(".claims, .short");
  // What a figure was computed from, or that it is in thousands.
  const note = answer.querySelector(".short + .lead");
  if (whole) return words(whole) + (note ? ` (${note.textContent})` : "");
  const lines = [...answer.querySelectorAll(".said")].map((each) => {
    const side = each.previousElementSibling?.matches(".side") ? each.previousElementSibling.textContent : "";
    return side ? `${side}: ${words(each)}` : words(each);
  });
  const lead = answer.querySelector(".lead")?.textContent;
  return (lead ? `${lead.replace(/^(Yes|No)$/, "$1.")} ` : "") + lines.join(" ");
}

// The text of the excerpt above a line with its source. The header of a table is not part of the excerpt.
function excerptText(line) {
  const copy = line.previousElementSibling.cloneNode(true);
  copy.querySelector("thead")?.remove();
  return copy.textContent;
}

// The text of an answer without unsupported sentences, and without verdicts except those on quotations.
function words(part) {
  const copy = part.cloneNode(true);
  for (const verdict of copy.querySelectorAll(".quoted")) verdict.replaceWith(`(${verdict.textContent})`);
  // A model's sentences keep their citations.
  for (const left of copy.querySelectorAll(part.matches(".claims") ? "del, .tag" : ".cite, thead")) left.remove();
  if (!part.matches(".claims")) return copy.textContent.replace(/\s+/g, " ").trim();
  return [...copy.children].map(blockText).filter(Boolean).join("\n\n");
}

// A block of a model's answer as Markdown.
function blockText(block) {
  const line = (part) => part.textContent.replace(/\s+/g, " ").trim();
  if (block.matches("pre")) return block.textContent.trim() && "```\n" + block.textContent.trim() + "\n```";
  const items = [...block.querySelectorAll("li")].filter(line);
  if (!items.length) return line(block);
  return items.map((item) => (block.matches("ol") ? `${item.value}. ` : "- ") + line(item)).join("\n");
}

function readConversation() {
  const exchanges = [];
  let question = "";
  for (const message of document.querySelectorAll('#chat [data-testid="user"], #chat [data-testid="bot"]')) {
    if (message.dataset.testid === "user") question = message.innerText.trim();
    const answer = message.querySelector(".answer:has(.confidence)");
    if (answer) exchanges.push({ question, ...readAnswer(answer) });
  }
  return exchanges;
}

const ENDINGS = { markdown: "md", json: "json", html: "html" };

async function save(link) {
  const format = link.getAttribute("href").slice("#save:".length);
  const text = await call("save", { format, conversation: readConversation() });
  if (!text) return announce(NOTICES.NOT_SAVED);
  const file = document.createElement("a");
  file.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  file.download = `conversation-${new Date().toISOString().slice(0, 10)}.${ENDINGS[format]}`;
  file.click();
  URL.revokeObjectURL(file.href);
}
