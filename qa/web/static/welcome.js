// Shows suggested questions once the server has computed them, and asks one that is clicked.
const suggested = new Map();

async function suggest(place) {
  const link = place.closest("#source") ? place.closest(".source").dataset.place : "#articles";
  const key = `${props.library} ${link}`;
  place.dataset.asked = "";
  if (!suggested.has(key)) suggested.set(key, Promise.resolve(server.suggest({ links: [link], library: props.library })).catch(() => ""));
  const html = await suggested.get(key);
  if (!place.isConnected) return;
  place.innerHTML = html;
  place.hidden = !html;
}

function askSuggested(link) {
  const box = document.querySelector("#question textarea");
  box.value = decodeURIComponent(link.getAttribute("href").slice("#ask:".length));
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
