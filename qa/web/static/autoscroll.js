// Shows what comes in: its end, until the question is at the top. Whoever scrolls or clicks in it is left alone then.
let following = true;

function follow() {
  const said = document.querySelectorAll('#chat [data-testid="user"], #chat [data-testid="bot"]');
  const question = [...document.querySelectorAll("#chat .user-row")].at(-1);
  const view = question?.closest(".bubble-wrap");
  if (!view) return;
  if (said[said.length - 1].dataset.testid === "user") following = true;
  // At its end a view scrolls no further.
  if (following) view.scrollTop += question.getBoundingClientRect().top - view.getBoundingClientRect().top - 12;
}

new MutationObserver(() => requestAnimationFrame(follow)).observe(document.body, { childList: true, characterData: true, subtree: true });
for (const name of ["wheel", "touchmove", "pointerdown", "keydown"]) {
  const letGo = (event) => (following &&= !event.target.closest?.("#chat"));
  document.addEventListener(name, letGo, { capture: true, passive: true });
}
