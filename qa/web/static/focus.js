// Keeps the keyboard's focus: if an update removes what was pressed in a panel, its heading gets the focus; in the chat,
// the question box.
let panel = null; // where Enter or Space was pressed last

addEventListener(
  "keydown",
  ({ key, target }) => (panel = ["Enter", " "].includes(key) && target.closest?.("#library, #saved, #chat")),
  true,
);
addEventListener("pointerdown", () => (panel = null), true);
onChange(() => {
  if (!panel || document.activeElement !== document.body) return;
  const kept = panel.id === "chat" ? document.querySelector("#question textarea") : panel.querySelector("button");
  kept.focus({ preventScroll: true });
});
