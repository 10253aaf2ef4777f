// Shows the printed page of a PDF above its text, once the text is there; `current` says whether it still is.
async function showSheet(current) {
  const source = element.querySelector(".source");
  const sheet = source?.querySelector(".sheet");
  const place = source?.dataset.place;
  if (!sheet || sheet.dataset.place === place) return;
  const html = await Promise.resolve(server.load_sheet({ links: [place], library: props.library })).catch(() => "");
  // Gradio alters the pane in place, so that by now this may be another article's sheet, or no sheet.
  if (!html || !current()) return;
  sheet.innerHTML = html;
  sheet.dataset.place = place;
  await Promise.allSettled([...sheet.querySelectorAll("img")].map((image) => image.decode()));
  if (!current()) return;
  const box = sheet.querySelector(".box");
  const view = sheet.querySelector(".sheets");
  if (box) view.scrollTop += box.getBoundingClientRect().top - view.getBoundingClientRect().top - view.clientHeight / 3;
  showMark();
  // The page came in above an excerpt that the reader was led to.
  if (source.classList.contains("opened")) bringIntoView();
}
