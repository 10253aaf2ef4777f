// Searches again with an edited query, and saves an answer as a test case.

// The number of the question that a link's answer belongs to.
function turnOf(link) {
  const answer = link.closest(".answer");
  const before = (row) => row.compareDocumentPosition(answer) & Node.DOCUMENT_POSITION_FOLLOWING;
  return [...document.querySelectorAll("#chat .user-row")].filter(before).length - 1;
}

// Replaces a part of the conversation with a form; afterwards the link that opened it has the focus again.
function formInPlaceOf(part, html, send, link = part.querySelector("a")) {
  const form = document.createElement("form");
  form.className = "in-answer";
  form.innerHTML = `${html}<button type="button" class="cancel">Cancel</button>`;
  const restore = () => {
    form.replaceWith(part);
    link?.focus();
  };
  form.querySelector(".cancel").addEventListener("click", restore);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(new FormData(form, event.submitter));
    restore();
  });
  form.addEventListener("keydown", (event) => event.key === "Escape" && restore());
  part.replaceWith(form);
  form.querySelector("input, textarea").focus();
  return form;
}

function searchAgain(link) {
  const part = link.closest(".searched");
  const turn = turnOf(link);
  const html = '<label>Search for <input name="text" required autocomplete="off"></label><button>Ask</button>';
  const send = (data) => trigger("searched", { turn, text: data.get("text") });
  formInPlaceOf(part, html, send).elements.text.value = part.querySelector(".query").textContent;
}

// "Was this right?": Yes saves at once, No asks for the expected answer.
function saveCase(link) {
  const turn = turnOf(link);
  if (link.hash === "#case:yes") return trigger("judged", { turn, verdict: "right", expected: "" });
  const declined = !link.closest(".answer").querySelector("a.cite");
  const html =
    '<p></p><label>Expected answer <input name="expected" autocomplete="off"></label>' +
    '<button name="verdict" value="wrong">Save</button>' +
    (declined ? "" : '<button name="verdict" value="unanswerable">The articles do not answer this</button>');
  const form = formInPlaceOf(link.closest(".confidence"), html, (data) =>
    trigger("judged", { turn, verdict: data.get("verdict"), expected: data.get("expected") }),
  );
  form.querySelector("p").textContent = link.title;
}

Object.assign(ACTIONS, { "#search-again": searchAgain, "#case": saveCase });
