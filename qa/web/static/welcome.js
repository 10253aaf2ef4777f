// Shows suggested questions once the server has computed them, and asks the one that is clicked.
const suggested = new Map();
const MAX_TURNS = 8; // of the conversation, sent to check follow-ups

async function suggest(list) {
  list.dataset.asked = "";
  const [name, sent] = list.matches(".next") ? followUps(list) : ["suggest", { links: [list.closest(".source")?.dataset.link ?? "#articles"] }];
  if (!name) return;
  const key = JSON.stringify([name, sent, props.library]);
  if (!suggested.has(key)) suggested.set(key, call(name, sent));
  const request = suggested.get(key);
  const html = await request;
  // The articles have changed meanwhile: a newer request fills the list.
  if (!list.isConnected || suggested.get(key) !== request) return;
  list.innerHTML = html;
  list.hidden = !html;
}

// What to ask the server for questions to ask next; nothing unless the list belongs to the last answer.
function followUps(list) {
  if (list !== [...document.querySelectorAll("#chat .next")].at(-1)) return [];
  const conversation = readConversation().slice(-MAX_TURNS);
  const chosen = [...document.querySelectorAll("#article-list li input:checked")].map((box) => box.value);
  const cited = list.closest(".answer").querySelector(".source-line a.cite").getAttribute("href");
  return ["follow_ups", { links: [cited], conversation, chosen }];
}

function askSuggested(link) {
  askQuestion(decodeURIComponent(link.getAttribute("href").slice("#ask:".length)));
}

function askQuestion(question) {
  const box = document.querySelector("#question textarea");
  box.value = question;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  // There is no button while a model writes: the question then waits in the box.
  requestAnimationFrame(() => document.querySelector("#question .submit-button")?.click());
}

document.addEventListener("articles", () => {
  suggested.clear();
  document.querySelectorAll(".suggestions").forEach(suggest);
});
onChange(() => document.querySelectorAll(".suggestions:not([data-asked])").forEach(suggest));
