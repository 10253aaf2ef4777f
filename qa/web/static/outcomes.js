// What is being added. Gradio gives: element, trigger.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button.cancel");
  if (!button) return;
  button.disabled = true;
  trigger("cancelled");
});
