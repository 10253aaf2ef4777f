// The line that names the chosen articles. Gradio provides element and trigger.
element.addEventListener("click", (event) => {
  const link = event.target.closest("a.all");
  if (!link) return;
  event.preventDefault();
  // Once the list is shown, its boxes are the choice.
  for (const box of document.querySelectorAll("#article-list li input")) box.checked = false;
  trigger("cleared");
});
