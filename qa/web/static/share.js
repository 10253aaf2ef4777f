// Copies a link that asks an answer's question again beside its excerpt, and follows one.
function copyShare(link) {
  const address = new URL(location.href);
  address.hash = link.getAttribute("href");
  return copyText(address.href, link);
}

ACTIONS["#share"] = copyShare;

// Runs once the page has its library; returns whether the page was opened with such a link.
async function followShare() {
  const shared = /^#share:([^:]+):(cite:.+)$/.exec(location.hash);
  if (!shared) return false;
  // A reload shows the excerpt, and asks nothing again.
  current = `#${shared[2]}`;
  history.replaceState(null, "", current);
  await show([current]);
  askQuestion(decoded(shared[1]));
  return true;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
