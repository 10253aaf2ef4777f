// Shows the printed page of a PDF above its text, once the text is there.
async function showSheet() {
  const source = element.querySelector(".source");
  const sheet = source?.querySelector(".sheet");
  if (!sheet || "asked" in sheet.dataset) return;
  sheet.dataset.asked = "";
  const asked = { links: [source.dataset.place], library: props.library };
  const html = await Promise.resolve(server.load_sheet(asked)).catch(() => "");
  if (!sheet.isConnected || !html) return;
  sheet.innerHTML = html;
  await Promise.allSettled([...sheet.querySelectorAll("img")].map((image) => image.decode()));
  const box = sheet.querySelector(".box");
  const view = sheet.querySelector(".sheets");
  if (box) view.scrollTop += box.getBoundingClientRect().top - view.getBoundingClientRect().top - view.clientHeight / 3;
  showMark();
  // The page came in above an excerpt that the reader was led to.
  if (source.classList.contains("opened")) bringIntoView();
}
