// What is being added. Gradio gives: element, trigger, watch.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button.cancel, button.undo");
  if (!button) return;
  button.disabled = true;
  if (button.className === "undo") trigger("restored", { document: button.value });
  else trigger("cancelled");
});

// Tells of each article that was added, once.
let told = 0;
watch("value", () => {
  const added = [...element.querySelectorAll("li.added")];
  if (!element.querySelector(".waiting, .working") && added.length < told) told = 0;
  for (const item of added.slice(told)) {
    const { href } = item.querySelector("a").attributes;
    document.dispatchEvent(new CustomEvent("added", { detail: { first: !told, href: href.value, form: item.dataset.form } }));
    told++;
  }
  if (!element.querySelector(".waiting, .working")) told = 0;
});
