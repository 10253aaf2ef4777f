// Adds a link to each question that edits it; the new answer replaces everything from there on.
function editQuestion(link) {
  const row = link.closest(".user-row");
  const rows = [...document.querySelectorAll("#chat .user-row")];
  const turn = rows.indexOf(row);
  const question = row.querySelector("[data-testid=user] p");
  const later = rows.length - turn - 1;
  const lost = later ? `<p>The ${later === 1 ? "question" : `${later} questions`} after it will be removed.</p>` : "";
  const html = `${lost}<label>Question <textarea name="text" required rows="3"></textarea></label><button>Ask again</button>`;
  const send = (data) => trigger("edited", { turn, text: data.get("text") });
  const form = formInPlaceOf(question, html, send, link);
  const field = form.elements.text;
  field.value = question.textContent;
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
}

function addEditLinks() {
  for (const row of document.querySelectorAll("#chat .user-row:not(:has(> .edit))")) {
    const link = document.createElement("a");
    Object.assign(link, { className: "edit", href: "#edit", role: "button", title: "Edit this question and ask it again", textContent: "Edit" });
    row.append(link);
  }
}

ACTIONS["#edit"] = editQuestion;
onChange(addEditLinks);
