// The progress of adding. Gradio provides element, trigger and watch.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button.cancel, button.undo");
  if (!button) return;
  button.disabled = true;
  if (button.className === "undo") trigger("restored", { document: button.value });
  else trigger("cancelled");
});

// Announces each article that was added, once.
let announced = 0;
watch("value", () => {
  const added = [...element.querySelectorAll("li.added")];
  if (!element.querySelector(".waiting, .working") && added.length < announced) announced = 0;
  for (const item of added.slice(announced)) {
    const { href } = item.querySelector("a").attributes;
    document.dispatchEvent(new CustomEvent("added", { detail: { first: !announced, href: href.value, form: item.dataset.form } }));
    announced++;
  }
  if (!element.querySelector(".waiting, .working")) announced = 0;
});
