// Adds files, folders, text and addresses. Gradio provides element, trigger and upload.
const drop = element.querySelector(".drop");
const MAX_FILES = 500; // in a folder
const SUFFIXES = element.querySelector("#add-files").accept.split(",");
const MAX_BYTES = { title: 2_000, text: 3_500_000, url: 20_000 }; // in UTF-8; a file can be larger
const FORMS = "cited-qa-forms";
const entered = {}; // what was last sent from each form
const fieldsOf = (form) => Object.fromEntries(new FormData(form));
const bytes = (text) => new TextEncoder().encode(JSON.stringify(text)).length;

function add(sent) {
  document.dispatchEvent(new Event("adding"));
  trigger("added", sent);
}

// Adds files, each with its path in its folder.
async function addFiles(files, more = []) {
  const sent = [];
  const limit = Number(drop.dataset.maxBytes);
  for (const [name, file] of files) {
    if (file.size > limit) {
      const problem = notice("LARGE_FILE", { size: file.size.toLocaleString(), limit: limit.toLocaleString() });
      sent.push({ name, problem });
      continue;
    }
    try {
      // A random name, since Gradio derives the path from content and name, and others may upload the same file.
      const { path } = await upload(new File([file], `${Math.random()}`));
      sent.push({ name, path });
    } catch (error) {
      sent.push({ name, problem: NOTICES.UPLOAD_FAILED });
    }
  }
  if (sent.length + more.length) add({ files: [...sent, ...more] });
}

// Adds the files of a folder that can be read, and reports the others. Hidden files are left out, as on the command
// line.
function addFolder(files) {
  const visible = files.filter(([path]) => !path.split("/").some((part) => part.startsWith(".")));
  const canRead = ([path]) => SUFFIXES.some((suffix) => path.toLowerCase().endsWith(suffix));
  const readable = visible.filter(canRead);
  const others = visible.filter((file) => !canRead(file)).map(([path]) => path.split("/").pop());
  const folder = files[0]?.[0].split("/")[0] ?? "folder";
  const problems = [];
  const more = others.length > 5 ? ` and ${others.length - 5} more` : "";
  if (others.length) problems.push(notice("NOT_READ", { files: others.slice(0, 5).join(", ") + more }));
  if (readable.length > MAX_FILES) problems.push(notice("MANY_FILES", { limit: MAX_FILES }));
  if (!visible.length) problems.push(NOTICES.EMPTY_FOLDER);
  return addFiles(readable.slice(0, MAX_FILES), problems.map((problem) => ({ name: folder, problem })));
}

for (const picker of element.querySelectorAll("input[type=file]")) {
  picker.addEventListener("change", () => {
    const files = [...picker.files].map((file) => [file.webkitRelativePath || file.name, file]);
    picker.value = "";
    if (picker.webkitdirectory) addFolder(files);
    else addFiles(files);
  });
}

async function filesOf(entry, path = "") {
  if (entry.isFile) return [[path + entry.name, await new Promise((done, failed) => entry.file(done, failed))]];
  const reader = entry.createReader();
  const files = [];
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length || files.length > 10 * MAX_FILES) return files;
    for (const each of some) files.push(...(await filesOf(each, `${path}${entry.name}/`)));
  }
}

async function addDropped(items) {
  // The browser drops the entries after the first await.
  const entries = items.map((item) => item.webkitGetAsEntry()).filter(Boolean);
  const plain = [];
  for (const entry of entries) {
    const files = await filesOf(entry);
    if (entry.isDirectory) await addFolder(files);
    else plain.push(...files);
  }
  if (plain.length) addFiles(plain);
}

for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", name === "dragenter" || name === "dragover");
    if (name === "drop") addDropped([...event.dataTransfer.items]);
  });
}

// Shows a message in a form, in place of the one before.
function tell(form, message) {
  form.querySelector(".problem")?.remove();
  if (!message) return;
  const shown = document.createElement("p");
  Object.assign(shown, { className: "problem", role: "alert", textContent: message });
  form.append(shown);
}
element.addEventListener("problem", (event) => tell(event.target.form, event.detail));

element.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const fields = fieldsOf(form);
  const long = Object.keys(fields).find((name) => bytes(fields[name]) > MAX_BYTES[name]);
  if (long) return tell(form, notice("LONG_FIELD", { field: long, size: bytes(fields[long]).toLocaleString(), limit: MAX_BYTES[long].toLocaleString() }));
  tell(form, "");
  entered[form.className] = JSON.stringify(fields);
  add(fields);
});

// A form keeps its content until that is added, or if it has changed since.
document.addEventListener("added", ({ detail }) => {
  const form = detail.form && element.querySelector(`form.${detail.form}`);
  if (form && JSON.stringify(fieldsOf(form)) === entered[detail.form]) form.reset();
});

// Entered text survives a reload.
const fields = () => [...element.querySelectorAll("form :is(input, textarea)")];
addEventListener("pagehide", () => store(FORMS, fields().map(({ id, value }) => [id, value])));
const kept = new Map(stored(FORMS));
store(FORMS, null);
for (const field of fields()) field.value = kept.get(field.id) ?? "";
if (kept.get("add-text")) element.querySelector("details").open = true;
for (const field of fields()) field.dataset.ready = "";
