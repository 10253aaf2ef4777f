// Restores a conversation that was cleared. Gradio provides element and trigger.
element.addEventListener("click", (event) => {
  const link = event.target.closest('a[href="#restore"]');
  if (!link) return;
  event.preventDefault();
  trigger("undone");
  if (link.matches(":focus-visible")) document.querySelector("#question textarea").focus({ preventScroll: true });
});
