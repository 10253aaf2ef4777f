// The list of articles. Gradio gives: element, trigger, watch.
function drawn() {
  for (const time of element.querySelectorAll("time")) {
    time.textContent = new Date(time.dateTime).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  }
  // Gradio updates the list in place, and a clicked box no longer follows its attribute.
  for (const box of element.querySelectorAll("input")) box.checked = box.hasAttribute("checked");
}

element.addEventListener("click", (event) => {
  const button = event.target.closest("button.remove");
  if (!button) return;
  button.disabled = true;
  trigger("removed", { document: button.value });
});

element.addEventListener("change", () => trigger("ticked"));

drawn();
watch("value", () => {
  drawn();
  document.dispatchEvent(new Event("library"));
});
