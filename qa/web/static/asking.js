// Which articles alone are asked. Gradio gives: element, trigger.
element.addEventListener("click", (event) => {
  const link = event.target.closest("a.all");
  if (!link) return;
  event.preventDefault();
  // The page takes the chosen articles from the list, once that is shown.
  for (const box of document.querySelectorAll("#article-list li input")) box.checked = false;
  trigger("cleared");
});
