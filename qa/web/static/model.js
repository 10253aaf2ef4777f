// Chooses the language model. Gradio provides element and trigger.
element.addEventListener("submit", (event) => {
  event.preventDefault();
  trigger("model_chosen", Object.fromEntries(new FormData(event.target)));
});
