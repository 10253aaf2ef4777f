// Shows the page of a PDF above its text. `current` returns whether the pane still shows that text.
async function showPdfPage(current) {
  const source = element.querySelector(".source");
  const pdf = source?.querySelector(".pdf");
  const link = source?.dataset.link;
  if (!pdf || pdf.dataset.link === link) return;
  const html = await call("load_pdf_page", { links: [link] });
  // Gradio updates the pane in place: this element may belong to another article by now, or be gone.
  if (!html || !current()) return;
  pdf.innerHTML = html;
  pdf.dataset.link = link;
  if (link === pageLink) pdf.querySelector("details").open = true;
  await Promise.allSettled([...pdf.querySelectorAll("img")].map((image) => image.decode()));
  if (!current()) return;
  const box = pdf.querySelector(".box");
  const view = pdf.querySelector(".pdf-pages");
  if (box) view.scrollTop += box.getBoundingClientRect().top - view.getBoundingClientRect().top - view.clientHeight / 3;
  showMark();
  // The picture has moved down the excerpt that the reader had opened.
  if (source.classList.contains("opened")) bringIntoView();
}
