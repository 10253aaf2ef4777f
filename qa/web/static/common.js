// What all scripts use. Each message in NOTICES has names in braces to fill in.
const notice = (name, values) => NOTICES[name].replace(/{(\w+)}/g, (_, each) => values[each]);

// Some browsers forbid storage, for instance in a frame on another site: nothing is stored then.
function store(name, value, where = "sessionStorage") {
  try {
    if (value === null) window[where].removeItem(name);
    else window[where].setItem(name, JSON.stringify(value));
  } catch {}
}

// Returns what was stored; null if there is nothing.
function stored(name, where = "sessionStorage") {
  try {
    return JSON.parse(window[where].getItem(name));
  } catch {
    return null;
  }
}

// Calls a function now, and after every change within an element.
function onChange(act, within = document.body, what = { childList: true }) {
  new MutationObserver(act).observe(within, { ...what, subtree: true });
  act();
}

// Returns a promise that is resolved once what has changed is drawn.
const twoFrames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat([], { day: "numeric", month: "short", year: "numeric" });

// Writes the times within an element as the visitor's own: the time of day for those of today, else the date.
function writeTimes(within) {
  const today = new Date().toDateString();
  for (const time of within.querySelectorAll("time")) {
    const when = new Date(time.dateTime);
    time.textContent = (when.toDateString() === today ? clock : calendar).format(when);
  }
}
