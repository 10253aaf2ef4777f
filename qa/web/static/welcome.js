// Shows suggested questions once the server has computed them, and asks one that is clicked.
const suggested = new Map();
const TURNS = 8; // of the conversation, that follow-ups are checked with

async function suggest(place) {
  if (place.matches(".next")) return askNext(place);
  const link = place.closest("#source") ? place.closest(".source").dataset.place : "#articles";
  const key = `${props.library} ${link}`;
  place.dataset.asked = "";
  if (!suggested.has(key)) suggested.set(key, Promise.resolve(server.suggest({ links: [link], library: props.library })).catch(() => ""));
  const html = await suggested.get(key);
  if (!place.isConnected) return;
  place.innerHTML = html;
  place.hidden = !html;
}

// Questions that follow the last answer; those of earlier ones are not shown.
async function askNext(place) {
  place.dataset.asked = "";
  if (place !== [...document.querySelectorAll("#chat .next")].at(-1)) return;
  const conversation = readConversation().slice(-TURNS);
  const chosen = [...document.querySelectorAll("#article-list input:checked")].map((box) => box.value);
  const cited = place.closest(".answer").querySelector(".place a.cite").getAttribute("href");
  const key = JSON.stringify([conversation.map((each) => each.question), cited, chosen, props.library]);
  const sent = { links: [cited], conversation, chosen, library: props.library };
  if (!suggested.has(key)) suggested.set(key, Promise.resolve(server.follow_ups(sent)).catch(() => ""));
  const html = await suggested.get(key);
  if (place.isConnected && html) place.innerHTML = html;
}

function askSuggested(link) {
  askQuestion(decodeURIComponent(link.getAttribute("href").slice("#ask:".length)));
}

function askQuestion(question) {
  const box = document.querySelector("#question textarea");
  box.value = question;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  requestAnimationFrame(() => document.querySelector("#question .submit-button").click());
}

document.addEventListener("articles", () => {
  suggested.clear();
  document.querySelectorAll("#chat .suggestions").forEach(suggest);
});

new MutationObserver(() => {
  document.querySelectorAll(".suggestions:not([data-asked])").forEach(suggest);
}).observe(document.body, { childList: true, subtree: true });
document.querySelectorAll(".suggestions:not([data-asked])").forEach(suggest);
