// The choice of the theme, and the help on the keyboard. Gradio provides element.
const THEME = "cited-qa-theme";
const KEYS = "cited-qa-keys";
const theme = element.querySelector("select");
const dialog = element.querySelector("dialog");
const keys = dialog.querySelector("input");
const system = matchMedia("(prefers-color-scheme: dark)");

// Some browsers forbid storage, for instance in a frame on another site.
function remembered(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {}
}

function applyTheme() {
  document.body.classList.toggle("dark", theme.value === "dark" || (theme.value === "system" && system.matches));
}

theme.value = new URL(location.href).searchParams.get("__theme") ?? remembered(THEME) ?? "system";
if (theme.value !== "system") applyTheme();
// Gradio follows the system too, and has handled the event before.
system.addEventListener("change", applyTheme);
theme.addEventListener("change", () => {
  remember(THEME, theme.value);
  applyTheme();
});

keys.checked = remembered(KEYS) !== "off";
keys.addEventListener("change", () => remember(KEYS, keys.checked ? "on" : "off"));
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
