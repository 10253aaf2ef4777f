// Copies a link that opens an excerpt and asks the question of its answer, and follows such a link.
ACTIONS["#share"] = (link) => copyAddress(link.getAttribute("href"), link);

// Returns whether the page was opened with such a link. Runs once the page has its library.
async function followShare() {
  const shared = /^#share:([^:]+):(cite:.+)$/.exec(location.hash);
  if (!shared) return false;
  // A reload shows the excerpt without asking again.
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
