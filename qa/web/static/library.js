// Adds files, text and addresses. Gradio gives: element, trigger, upload.
const drop = element.querySelector(".drop");
const picker = element.querySelector("input[type=file]");

async function addFiles(files) {
  const sent = [];
  for (const file of files) {
    try {
      // Gradio derives the path from content and name; others may be uploading the same file.
      const { path } = await upload(new File([file], `${Math.random()}`));
      sent.push({ name: file.name, path });
    } catch (error) {
      sent.push({ name: file.name, problem: NOTICES.UPLOAD_FAILED });
    }
  }
  if (sent.length) trigger("added", { files: sent });
}

picker.addEventListener("change", () => {
  const files = [...picker.files];
  picker.value = "";
  addFiles(files);
});

for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", name === "dragenter" || name === "dragover");
    if (name === "drop") addFiles([...event.dataTransfer.files]);
  });
}

element.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  trigger("added", Object.fromEntries(new FormData(form)));
  form.reset();
});
