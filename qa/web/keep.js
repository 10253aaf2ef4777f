// Copies an answer with its references, or a link to a place.
async function copyText(text, link) {
  const name = link.textContent;
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
  } else {
    // Pages that are not served over https have no clipboard to write to.
    const area = document.body.appendChild(document.createElement("textarea"));
    area.value = text;
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  link.textContent = "Copied";
  setTimeout(() => (link.textContent = name), 1500);
}

function copyAnswer(link) {
  const answer = link.closest(".answer").cloneNode(true);
  answer.querySelectorAll(".copy, .nearest, .again, .case").forEach((part) => part.remove());
  const blocks = [...answer.querySelectorAll("p, blockquote")];
  copyText(blocks.map((block) => block.textContent.trim()).join("\n\n"), link);
}
