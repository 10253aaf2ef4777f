// Restores a conversation that was cleared, until another one begins. Gradio provides element, props and trigger.
element.addEventListener("click", (event) => {
  const link = event.target.closest('a[href="#restore"]');
  if (!link) return;
  event.preventDefault();
  trigger("undone");
  if (link.matches(":focus-visible")) document.querySelector("#question textarea").focus({ preventScroll: true });
});

new MutationObserver(() => {
  if (element.querySelector("p") && document.querySelector("#chat .user-row")) props.value = "";
}).observe(element.closest("#chat-column"), { childList: true, subtree: true });
