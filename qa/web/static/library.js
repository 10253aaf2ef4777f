// Adds files, folders, text and addresses. Gradio gives: element, trigger, upload.
const drop = element.querySelector(".drop");
const MOST_FILES = 500; // of a folder
const SUFFIXES = element.querySelector("#add-files").accept.split(",");
const LONGEST = { title: 2_000, text: 3_500_000, url: 20_000 }; // in UTF-8; a file can be larger
const FORMS = "cited-qa-forms";
const entered = {}; // what was sent of each form, until it is added
const fieldsOf = (form) => Object.fromEntries(new FormData(form));
const bytes = (text) => new TextEncoder().encode(JSON.stringify(text)).length;

function add(sent) {
  document.dispatchEvent(new Event("adding"));
  trigger("added", sent);
}

// Adds files, each with its path within the folder that it is from.
async function addFiles(files, more = []) {
  const sent = [];
  for (const [name, file] of files) {
    try {
      // Gradio derives the path from content and name; others may be uploading the same file.
      const { path } = await upload(new File([file], `${Math.random()}`));
      sent.push({ name, path });
    } catch (error) {
      sent.push({ name, problem: NOTICES.UPLOAD_FAILED });
    }
  }
  if (sent.length + more.length) add({ files: [...sent, ...more] });
}

// Adds the files of a folder whose formats are read, and tells how many are not. Hidden files are left out, as on the
// command line.
function addFolder(files) {
  const visible = files.filter(([path]) => !path.split("/").some((part) => part.startsWith(".")));
  const isRead = ([path]) => SUFFIXES.some((suffix) => path.toLowerCase().endsWith(suffix));
  const read = visible.filter(isRead);
  const others = visible.filter((file) => !isRead(file)).map(([path]) => path.split("/").pop());
  const folder = files[0]?.[0].split("/")[0] ?? "folder";
  const problems = [];
  const more = others.length > 5 ? ` and ${others.length - 5} more` : "";
  if (others.length) problems.push(NOTICES.NOT_READ.replace("{files}", others.slice(0, 5).join(", ") + more));
  if (read.length > MOST_FILES) problems.push(NOTICES.MANY_FILES.replace("{limit}", MOST_FILES));
  if (!visible.length) problems.push(NOTICES.EMPTY_FOLDER);
  return addFiles(read.slice(0, MOST_FILES), problems.map((problem) => ({ name: folder, problem })));
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
    if (!some.length || files.length > 10 * MOST_FILES) return files;
    for (const each of some) files.push(...(await filesOf(each, `${path}${entry.name}/`)));
  }
}

async function addDropped(items) {
  // After the first wait, the browser gives no more entries.
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
  const long = Object.keys(fields).find((name) => bytes(fields[name]) > LONGEST[name]);
  const says = { "{field}": long, "{characters}": fields[long]?.length.toLocaleString(), "{limit}": LONGEST[long]?.toLocaleString() };
  tell(form, long ? NOTICES.LONG_FIELD.replace(/{\w+}/g, (name) => says[name]) : "");
  if (long) return;
  entered[form.className] = JSON.stringify(fields);
  add(fields);
});

// A form keeps what was entered until that is added.
document.addEventListener("added", ({ detail }) => {
  const form = detail.form && element.querySelector(`form.${detail.form}`);
  if (form && JSON.stringify(fieldsOf(form)) === entered[detail.form]) form.reset();
});

// What is entered outlives a reload.
const fields = () => [...element.querySelectorAll("form :is(input, textarea)")];
addEventListener("pagehide", () => {
  try {
    sessionStorage.setItem(FORMS, JSON.stringify(fields().map(({ id, value }) => [id, value])));
  } catch {}
});
try {
  const kept = new Map(JSON.parse(sessionStorage.getItem(FORMS)));
  sessionStorage.removeItem(FORMS);
  for (const field of fields()) field.value = kept.get(field.id) ?? "";
  if (kept.get("add-text")) element.querySelector("details").open = true;
} catch {}
for (const field of fields()) field.dataset.ready = "";
