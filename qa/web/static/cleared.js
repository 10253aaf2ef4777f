// Offers to restore a conversation that was cleared. Gradio gives: element, trigger.
element.addEventListener("click", (event) => {
  if (!event.target.closest('a[href="#restore"]')) return;
  event.preventDefault();
  trigger("undone");
});
