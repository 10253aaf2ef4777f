// A pasted text that is too long for a question is put into the form that adds an article, instead of being cut.
function offerAsArticle(text, limit) {
  const message = notice("LONG_PASTE", { characters: text.length.toLocaleString(), limit: limit.toLocaleString() });
  const put = () => {
    const field = document.querySelector("#add-text[data-ready]");
    if (!field) return void requestAnimationFrame(put);
    field.closest("details").open = true;
    field.value = [field.value, text].filter(Boolean).join("\n\n");
    field.dispatchEvent(new CustomEvent("problem", { bubbles: true, detail: message }));
    field.focus();
  };
  openLibrary();
  put();
}

for (const name of ["paste", "drop"]) {
  document.addEventListener(
    name,
    (event) => {
      const { target } = event;
      if (!target.matches?.("#question textarea, form.in-answer :is(textarea, input)")) return;
      const text = (event.clipboardData ?? event.dataTransfer).getData("text/plain");
      const limit = document.querySelector("#question textarea").maxLength;
      if (target.value.length - (target.selectionEnd - target.selectionStart) + text.length <= limit) return;
      event.preventDefault();
      event.stopPropagation();
      offerAsArticle(text, limit);
    },
    true,
  );
}
document.addEventListener("long-question", ({ detail }) => offerAsArticle(detail.text, detail.limit));
