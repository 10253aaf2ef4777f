// Chooses the language model. Gradio gives: element, trigger.
element.addEventListener("submit", (event) => {
  event.preventDefault();
  trigger("model_chosen", Object.fromEntries(new FormData(event.target)));
});
