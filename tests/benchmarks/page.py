"""The page as a visitor meets it, in Chromium: ``make bench-page``.

Times are taken in the page itself, from the start of the navigation and from pressing Enter to the frame that shows the
result. A Space's cold start is the time from the start of its process to the first cited answer, without the time in
which the Hub starts the container.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import httpx
import numpy as np
from library_kills import LARGE_ARTICLES, LARGE_CHATS, fill
from playwright.sync_api import Browser, Page, sync_playwright
from results import print_table
from served import COMMAND, family_memory_mb, processor_seconds_of, sample_questions, served

from qa.models.embedder import make_embedder
from qa.settings import Settings

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
OPENINGS = 7
QUESTIONS = 20
COLD_STARTS = 5
# Unfolds the lists of articles and of conversations; returns the milliseconds until both are drawn.
UNFOLD = """async () => {
  const start = performance.now();
  for (const panel of ["library", "saved"]) document.querySelector(`#${panel} > button`).click();
  while (!document.querySelector("#article-list li") || !document.querySelector("#conversations li")) {
    await new Promise(requestAnimationFrame);
  }
  return performance.now() - start;
}"""
# With chunks of another size the index of the articles does not fit, and they are embedded.
STARTS = {"prebuilt index": {}, "articles embedded": {"QA_CHUNK_TOKENS": "159"}}
QUESTION = "Which fighter jets did China buy?"
TIMEOUT_MS = 120_000  # milliseconds
# Notes when the question box can be typed into, when the page has its library, when Enter is pressed in the box, and
# when an answer is shown.
WATCH = """
window.noted = { answers: [] };
const frame = () => {
  const now = performance.now();
  const box = document.querySelector("#question textarea");
  if (box && !box.disabled && box.offsetHeight) noted.box ??= now;
  if (document.querySelector("#saved")?.textContent.includes("conversations")) noted.library ??= now;
  const answers = document.querySelectorAll("#chat .answer .confidence").length;
  const latest = noted.answers.at(-1);
  if (latest && answers > latest.before) latest.took ??= now - latest.asked;
  requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("#question textarea")) return;
  const before = document.querySelectorAll("#chat .answer .confidence").length;
  noted.answers.push({ asked: performance.now(), before });
}, true);
"""


def ask(page: Page, question: str) -> dict[str, float]:
    """Ask, and return in milliseconds when Enter was pressed, and how long the answer took."""
    box = page.locator("#question textarea")
    box.fill(question)
    box.press("Enter")
    page.wait_for_function("noted.answers.at(-1)?.took", timeout=TIMEOUT_MS)
    answer: dict[str, float] = page.evaluate("noted.answers.at(-1)")
    return answer


def opening(browser: Browser, address: str) -> tuple[float, float]:
    """Open the page in a new browser and ask at once; return the seconds until it took text, and until it answered."""
    with browser.new_context() as context:
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(address, wait_until="commit")
        answer = ask(page, QUESTION)
        return page.evaluate("noted.box") / 1000, (answer["asked"] + answer["took"]) / 1000


def asking(browser: Browser, address: str) -> list[dict[str, float]]:
    """Ask one question after the other in one conversation; return what each took."""
    with browser.new_context() as context:
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(address)
        ask(page, QUESTION)
        return [ask(page, question) for question in sample_questions(QUESTIONS)]


def opening_library(browser: Browser, address: str) -> tuple[float, float, float, float]:
    """Open a library's page in a new browser and unfold its lists.

    Returns
    -------
    float, float, float, float
        Seconds until the question box takes text, until the page has its library, and from unfolding the lists until
        they are drawn; and the bytes received.
    """
    with browser.new_context() as context:
        page = context.new_page()
        page.add_init_script(WATCH)
        network, received = context.new_cdp_session(page), [0.0]
        network.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
        network.send("Network.enable")
        page.goto(address, wait_until="commit")
        page.wait_for_function("noted.box && noted.library", timeout=TIMEOUT_MS)
        unfolding = page.evaluate(UNFOLD)
        assert page.locator("#article-list li").count() > LARGE_ARTICLES
        page.wait_for_timeout(1000)  # what the page loads later counts too
        box, library = page.evaluate("[noted.box, noted.library]")
        return box / 1000, library / 1000, unfolding / 1000, sum(received)


def large_library(folder: Path, browser: Browser) -> None:
    """Measure the opening of a page with a large library in the folder, which is made if it is not there."""
    if not folder.exists():
        fill(folder, random.Random(0), make_embedder(Settings()))
    command = [*COMMAND, "serve", "--docs", "data/articles"]
    with served(command, QA_LIBRARY=str(folder)) as (address, process):
        first = opening_library(browser, address)
        used = processor_seconds_of(process)
        box, library, lists, received = zip(*(opening_library(browser, address) for _ in range(OPENINGS)), strict=True)
        used = (processor_seconds_of(process) - used) / OPENINGS
        memory = family_memory_mb(process)
    rows = [
        seconds("the first opening after the start, until the question box takes text", first[:1]),
        seconds("the first opening, until it has its library", first[1:2]),
        seconds("opening the page, nothing cached, until the question box takes text", box),
        seconds("opening it, until it has its library", library),
        seconds("unfolding the lists of articles and conversations", lists),
    ]
    title = f"A library of {LARGE_ARTICLES:,} articles and {LARGE_CHATS:,} conversations"
    print_table(("seconds", "times", "median", "95th percentile", "slowest"), rows, title)
    print(
        f"An opening receives {max(received) / 1e6:.2f} MB and takes {used:.2f} s of the server's processor time; "
        f"the server takes {memory:.0f} MB of memory."
    )


def cold_start(**environment: str) -> tuple[float, float]:
    """Start the app as a Space does; return the seconds until it serves, and until the first cited answer."""
    started = perf_counter()
    with served(SYSTEM="spaces", QA_HOST="127.0.0.1", **environment) as (address, _):
        serving = perf_counter() - started
        with httpx.Client(base_url=f"{address}/gradio_api/call", timeout=60, trust_env=False) as client:
            event = client.post("/v2/ask", json={"question": QUESTION}).raise_for_status().json()["event_id"]
            assert '"citations": [{' in client.get(f"/ask/{event}").text
        return serving, perf_counter() - started


def seconds(name: str, taken: Sequence[float]) -> tuple[str, ...]:
    """Return a row of the table."""
    return name, str(len(taken)), *(f"{value:.2f}" for value in np.percentile(taken, [50, 95, 100]))


def main() -> None:
    """Measure everything, or only the opening of a large library, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, help="folder of a large library; measure only its opening")
    folder = parser.parse_args().library
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright, TemporaryDirectory() as temporary:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        large_library(folder or Path(temporary) / "library", browser)
    if folder:
        return
    with served() as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        opening(browser, address)  # work that a server and a disk do only once is not counted
        box, first = zip(*(opening(browser, address) for _ in range(OPENINGS)), strict=True)
        answers = asking(browser, address)
        browser.close()
    rows = [
        seconds("opening the page, nothing cached, until the question box takes text", box),
        seconds("opening it until a question asked at once is answered", first),
        seconds("Enter to the answer and its excerpts", [answer["took"] / 1000 for answer in answers]),
    ]
    for how, environment in STARTS.items():
        serving, cited = zip(*(cold_start(**environment) for _ in range(COLD_STARTS)), strict=True)
        rows.append(seconds(f"cold start of a Space, {how}: until it serves", serving))
        rows.append(seconds(f"cold start of a Space, {how}: until the first cited answer", cited))
    print_table(("seconds", "times", "median", "95th percentile", "slowest"), rows)
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
