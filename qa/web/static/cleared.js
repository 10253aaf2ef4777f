// Restores a conversation that was cleared, until another one begins. Gradio provides element, props and trigger.
element.addEventListener("click", (event) => {
  if (!event.target.closest('a[href="#restore"]')) return;
  event.preventDefault();
  trigger("undone");
});

new MutationObserver(() => {
  if (element.querySelector("p") && document.querySelector("#chat .user-row")) props.value = "";
}).observe(element.closest("#chat-column"), { childList: true, subtree: true });
