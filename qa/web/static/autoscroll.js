// Scrolls to the latest question while its answer is written, until the visitor scrolls, clicks or types.
let following = true;

function follow() {
  const messages = document.querySelectorAll('#chat [data-testid="user"], #chat [data-testid="bot"]');
  const question = [...document.querySelectorAll("#chat .user-row")].at(-1);
  const view = question?.closest(".bubble-wrap");
  if (!view) return;
  if (messages[messages.length - 1].dataset.testid === "user") following = true;
  if (!following) return;
  // The browser stops at the end. On a narrow screen the page itself scrolls.
  if (view.scrollHeight <= view.clientHeight && narrow.matches) scrollBy(0, question.getBoundingClientRect().top - 12);
  else view.scrollTop += question.getBoundingClientRect().top - view.getBoundingClientRect().top - 12;
}

onChange(() => requestAnimationFrame(follow), document.body, { childList: true, characterData: true });
for (const name of ["wheel", "touchmove", "pointerdown", "keydown"]) {
  const stop = (event) => {
    const isReading = narrow.matches ? !event.target.closest?.("#question") : event.target.closest?.("#chat");
    if (isReading) following = false;
  };
  document.addEventListener(name, stop, { capture: true, passive: true });
}

// When the page opens, Gradio focuses the question box, which scrolls a narrow page past its head.
let touched = false;
document.addEventListener("pointerdown", () => (touched = true), { capture: true, once: true });
function showHead() {
  if (!touched && narrow.matches && !/^#(cite|passage|article):/.test(location.hash)) scrollTo(0, 0);
}
showHead();
document.addEventListener("focusin", (event) => event.target.closest("#question") && requestAnimationFrame(showHead), { once: true });
