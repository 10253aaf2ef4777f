// Announces that the articles added in this page are gone: they expired, or the server was restarted.
const CHECK_MILLISECONDS = 30_000;
const ownShown = () => Number(document.querySelector("#masthead header")?.dataset.own ?? 0);

function announce(text) {
  const alert = document.querySelector("#announcement [role=alert]");
  alert.innerHTML = '<p><span></span><a href="#dismiss" role="button">Dismiss</a></p>';
  alert.querySelector("span").textContent = text;
}
ACTIONS["#dismiss"] = (link) => link.closest("p").remove();

async function checkArticles() {
  if (document.hidden || !ownShown()) return;
  const lost = await call("has_lost", {});
  if (lost !== "yes" || !ownShown()) return;
  announce(NOTICES.ARTICLES_LOST);
  trigger("lost");
  await (wanted === "#articles" ? listAgain() : show([wanted]));
}
setInterval(checkArticles, CHECK_MILLISECONDS);

// A question that could not be asked may have failed because the articles are gone.
let problems = 0;
onChange(() => {
  const shown = document.querySelectorAll("#chat .problem").length;
  if (shown > problems) during(checkArticles());
  problems = shown;
}, document.querySelector("#chat-column"));
document.addEventListener("visibilitychange", () => during(checkArticles()));

// Gradio reloads the page once a lost connection is back. What is typed is handed over as from the start page.
const before = stored("cited-qa");
addEventListener("pagehide", () => {
  const typed = document.querySelector("#question textarea")?.value;
  store("cited-qa", { ...stored("cited-qa"), own: ownShown() });
  if (typed || !document.getElementById("start")) store("cited-qa-question", typed ? [typed, false] : null);
});
document.addEventListener("opened", () => before?.own && !ownShown() && announce(NOTICES.ARTICLES_LOST), { once: true });
