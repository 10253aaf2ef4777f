// The choice of the theme, and the help on the keyboard. Gradio provides element.
const THEME = "cited-qa-theme";
const KEYS = "cited-qa-keys";
const theme = element.querySelector("select");
const dialog = element.querySelector("dialog");
const keys = dialog.querySelector("input");
const system = matchMedia("(prefers-color-scheme: dark)");

function applyTheme() {
  document.body.classList.toggle("dark", theme.value === "dark" || (theme.value === "system" && system.matches));
}

theme.value = new URL(location.href).searchParams.get("__theme") ?? stored(THEME, "localStorage") ?? "system";
if (theme.value !== "system") applyTheme();
// Gradio follows the system too, and has handled the event before.
system.addEventListener("change", applyTheme);
theme.addEventListener("change", () => {
  store(THEME, theme.value, "localStorage");
  applyTheme();
});

keys.checked = stored(KEYS, "localStorage") ?? true;
keys.addEventListener("change", () => store(KEYS, keys.checked, "localStorage"));
element.querySelector(".keys").addEventListener("click", () => dialog.showModal());

const SHORTCUTS = {
  "?": () => dialog.showModal(),
  "/": () => document.querySelector("#question textarea")?.focus(),
  f: () => document.querySelector("#source .find input")?.focus(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  const shortcut = SHORTCUTS[event.key];
  if (!shortcut || typing || dialog.open || !keys.checked || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  shortcut();
});
