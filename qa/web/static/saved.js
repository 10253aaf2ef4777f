// Collections and conversations. Gradio provides element, trigger, upload and watch.
let searching; // a timer
const typed = new Map(); // what is in a field and was not sent, by the field's id

// Acts that show another conversation.
const SWITCHING = ["new", "open", "choose", "create", "delete collection", "restore collection"];

function act(name, data = {}, event = SWITCHING.includes(name) ? "switched" : "acted") {
  trigger(event, { act: name, words: document.querySelector("#search-words")?.value ?? "", ...data });
}

element.addEventListener("click", (event) => {
  const button = event.target.closest("button[type=button][data-act]");
  if (!button) return;
  const deletesShown = button.dataset.act === "delete" && button.closest("li").querySelector("[aria-current]");
  act(button.dataset.act, { id: button.value }, deletesShown ? "switched" : undefined);
});

element.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  act(form.dataset.act, { id: form.dataset.id ?? "", ...Object.fromEntries(new FormData(form)) });
  for (const field of form.elements) typed.delete(field.id);
  form.closest("details")?.removeAttribute("open");
});

// The form to rename a conversation may be below the visible part of the list.
element.addEventListener("toggle", ({ target }) => target.open && target.closest("li")?.querySelector("form input")?.focus(), true);

element.addEventListener("change", async (event) => {
  const { target } = event;
  if (target.dataset.act === "choose") {
    typed.clear();
    act("choose", { id: target.value });
  }
  if (target.type !== "file" || !target.files.length) return;
  const [file] = target.files;
  try {
    const { path } = await upload(new File([file], `${Math.random()}`));
    act("import", { name: file.name, path }, "imported");
  } catch {
    act("import", { name: file.name, problem: NOTICES.UPLOAD_FAILED }, "imported");
  }
  target.value = "";
});

element.addEventListener("input", ({ target }) => {
  if (target.form) typed.set(target.id, target.value);
  if (target.type !== "search") return;
  clearTimeout(searching);
  searching = setTimeout(() => act("search"), 250);
});

function drawn() {
  writeTimes(element);
  // Gradio updates in place, and a field that was changed no longer follows its attribute.
  for (const select of element.querySelectorAll("select")) {
    select.value = (select.querySelector("option[selected]") ?? select.options[0])?.value;
  }
  for (const input of element.querySelectorAll("form input")) input.value = typed.get(input.id) ?? input.getAttribute("value");
  element.querySelector("a.download")?.click();
}

// The box is new, and the list may be of an earlier search.
const box = element.querySelector("#search-words");
if (box) box.value = element.querySelector("[data-words]")?.dataset.words ?? "";
drawn();
watch("value", drawn);
