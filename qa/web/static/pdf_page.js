// Shows the page of a PDF above its text, once the text is shown; `current` tells whether it still is.
async function showPdfPage(current) {
  const source = element.querySelector(".source");
  const pdf = source?.querySelector(".pdf");
  const place = source?.dataset.place;
  if (!pdf || pdf.dataset.place === place) return;
  const html = await Promise.resolve(server.load_pdf_page({ links: [place], library: props.library })).catch(() => "");
  // Gradio updates the pane in place: by now this element may belong to another article, or be gone.
  if (!html || !current()) return;
  pdf.innerHTML = html;
  pdf.dataset.place = place;
  if (place === turnedTo) pdf.querySelector("details").open = true;
  await Promise.allSettled([...pdf.querySelectorAll("img")].map((image) => image.decode()));
  if (!current()) return;
  const box = pdf.querySelector(".box");
  const view = pdf.querySelector(".pdf-pages");
  if (box) view.scrollTop += box.getBoundingClientRect().top - view.getBoundingClientRect().top - view.clientHeight / 3;
  showMark();
  // The page has moved an excerpt down that the reader was led to.
  if (source.classList.contains("opened")) bringIntoView();
}
