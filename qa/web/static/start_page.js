// The question box until Gradio's is ready: keeps what is typed over the reload, and asks what was sent.
(() => {
  const KEY = "cited-qa-question";
  const start = document.getElementById("start");
  const [box, step] = [start.querySelector("input"), start.querySelector(".step")];
  let asked = false;

  const say = (text) => {
    text += asked ? " Your question will be asked then." : "";
    if (step.textContent !== text) step.textContent = text;
  };
  let doing = step.textContent;
  const keep = () => {
    store(KEY, [box.value, asked]);
    say(doing);
  };
  [box.value, asked] = stored(KEY) ?? ["", false];
  box.addEventListener("input", () => {
    asked = false;
    keep();
  });
  start.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    asked = box.value.trim() !== "";
    keep();
  });
  say(doing);
  box.focus();

  async function watch() {
    try {
      const reply = await fetch("ready", { cache: "no-store" });
      if (reply.ok) return location.reload();
      doing = `Starting: ${(await reply.json()).step ?? "stopping"} ...`;
    } catch {
      doing = NOTICES.NO_SERVER_YET;
    }
    say(doing);
    setTimeout(watch, 1000);
  }
  if (start.dataset.state === "starting") return void watch();

  function send() {
    if (!document.querySelector('#source [data-busy="0"]')) return void setTimeout(send, 50);
    document.querySelector("#question .submit-button").click();
  }

  function handOver() {
    const theirs = document.querySelector("#question textarea");
    if (!theirs) return void setTimeout(handOver, 50);
    const hadFocus = document.activeElement === box;
    if (box.value.length > theirs.maxLength) {
      asked = false;
      document.dispatchEvent(new CustomEvent("long-question", { detail: { text: box.value, limit: theirs.maxLength } }));
    } else if (box.value) {
      theirs.value = box.value;
      theirs.dispatchEvent(new Event("input", { bubbles: true }));
    }
    start.remove();
    if (hadFocus) theirs.focus();
    store(KEY, null);
    if (asked) send();
  }

  const observer = new MutationObserver(() => {
    if (!document.querySelector("#question textarea")) return;
    observer.disconnect();
    twoFrames().then(handOver);
  });
  observer.observe(document.body, { childList: true, subtree: true });
})();
