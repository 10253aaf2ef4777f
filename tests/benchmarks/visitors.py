"""Ten visitors at once, each with an article of their own: ``make bench-visitors``.

Each speaks to a server of its own process as the page does: it opens, uploads, asks one question after the other
without a pause, and goes. Every visitor's article answers the same questions otherwise, so that an answer out of
another's shows.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import httpx
import numpy as np
from served import sample_questions, served

VISITORS = 10
QUESTIONS = 200
NAMES = ("Amarel", "Belvora", "Cindrath", "Dolmere", "Estavan", "Fenwick", "Galdora", "Hestrin", "Ilvane", "Jorvalis")
OWN = {
    "Who keeps the lighthouse of the harbour?": "The lighthouse of the harbour is kept by {name} Marsh.",
    "Which ship brought the bell to the harbour?": "The bell came to the harbour on the ship {name} Star.",
    "Who founded the harbour?": "The harbour was founded by the merchant {name} Quill.",
    "Where was the harbour bell cast?": "The bell of the harbour was cast in the foundry of {name}ford.",
}
FILLER = (
    "The quay is paved with grey stone. Fishermen mend their nets on it in the morning. In winter the wind comes from "
    "the north and the boats stay at their moorings. A market is held on the first day of every month.\n\n"
)
PAGE_CLOSED_SECONDS = 75  # a library outlives its page by a minute


class Visitor:
    """One page's worth of requests."""

    def __init__(self, address: str, name: str) -> None:
        self.name = name
        self._client = httpx.Client(base_url=f"{address}/gradio_api", timeout=120, trust_env=False)
        self._session = secrets.token_hex(8)
        config = httpx.get(f"{address}/config", timeout=60, trust_env=False).json()
        names = {part["id"]: part["props"].get("elem_id") for part in config["components"]}
        self._events = {
            (names.get(target), event): dependency["id"]
            for dependency in config["dependencies"]
            if dependency["backend_fn"]
            for target, event in dependency["targets"]
        }
        self._opened, self._left = threading.Event(), threading.Event()
        self._heart = threading.Thread(target=self._stay, daemon=True)
        self._heart.start()
        self._opened.wait(60)
        body = {"data": [[], "", []], "fn_index": self._events[None, "load"], "session_hash": self._session}
        self._key = self._client.post("/run/predict", json=body).raise_for_status().json()["data"][1]
        self._messages: list[dict[str, Any]] = []

    def _stay(self) -> None:
        """Keep the connection by which a server knows that a page is open."""
        url = f"{self._client.base_url}heartbeat/{self._session}"
        with httpx.stream("GET", url, timeout=None, trust_env=False) as reply:  # noqa: S113 -- as long as the page
            for _ in reply.iter_raw():
                self._opened.set()
                if self._left.is_set():
                    return

    def add(self) -> None:
        """Upload an article in which everything is called after this visitor."""
        facts = [sentence.format(name=self.name) for sentence in OWN.values()]
        text = f"# The harbour of {self.name}\n\n" + "\n\n".join(f"{fact} {FILLER * 6}" for fact in facts)
        (path,) = self._client.post("/upload", files={"files": ("harbour.md", text.encode())}).json()
        outcome = self._call("add", "added", [self._key, []], {"files": [{"name": "harbour.md", "path": path}]})[-1]
        assert "added" in outcome, outcome

    def ask(self, question: str) -> tuple[float, str]:
        """Return the seconds until the whole answer was there, and its text."""
        started = perf_counter()
        self._messages = self._call("question", "submit", [question, self._messages[-4:], self._key, []])[1]
        seconds = perf_counter() - started
        content = "".join(part["text"] for part in self._messages[-1]["content"])
        return seconds, content

    def leave(self) -> None:
        """Close the page; the connection ends with its next beat."""
        self._left.set()
        self._heart.join(60)
        self._client.close()

    def _call(self, element: str, event: str, data: list[Any], event_data: object = None) -> list[Any]:
        number = self._events[element, event]
        body = {"data": data, "event_data": event_data, "fn_index": number, "session_hash": self._session}
        self._client.post("/queue/join", json=body).raise_for_status()
        with self._client.stream("GET", "/queue/data", params={"session_hash": self._session}) as reply:
            for line in filter(None, reply.iter_lines()):
                told = json.loads(line.removeprefix("data: "))
                if told["msg"] == "process_completed":
                    assert told["success"], told
                    values: list[Any] = told["output"]["data"]
                    return values
        raise RuntimeError("the server closed the stream")


def visit(address: str, name: str, questions: Sequence[str], start: threading.Barrier) -> list[dict[str, Any]]:
    """Be one visitor; return what came of each question."""
    visitor = Visitor(address, name)
    others = [other for other in NAMES if other != name]
    results = []
    start.wait(120)
    visitor.add()
    for question in questions:
        seconds, text = visitor.ask(question)
        results.append(
            {
                "seconds": seconds,
                "error": 'class="answer"' not in text,
                "leak": any(other in text for other in others),
                "own": name in text if question in OWN else None,
            }
        )
    visitor.leave()
    return results


def memory_mb(pid: int) -> float:
    """Return the memory that a process holds, in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1000


def main() -> None:
    """Measure everything and print it."""
    each = QUESTIONS // VISITORS
    own = list(OWN)
    samples = sample_questions(each // 2 * VISITORS)
    with served() as (address, pid):
        # One visitor comes and goes first, so that what every server loads once is not counted as theirs.
        visit(address, NAMES[0], own, threading.Barrier(1))
        sleep(PAGE_CLOSED_SECONDS)
        before = memory_mb(pid)
        start = threading.Barrier(VISITORS)
        with ThreadPoolExecutor(VISITORS) as pool:
            visits = []
            for number, name in enumerate(NAMES):
                about_samples = iter(samples[number * each // 2 :])
                questions = [own[turn // 2 % len(own)] if turn % 2 else next(about_samples) for turn in range(each)]
                visits.append(pool.submit(visit, address, name, questions, start))
            sleep(1)
            results = [result for done in visits for result in done.result()]
        during = memory_mb(pid)
        sleep(PAGE_CLOSED_SECONDS)
        after = memory_mb(pid)
    seconds = [result["seconds"] for result in results]
    told_own = [result["own"] for result in results if result["own"] is not None]
    print(f"{VISITORS} visitors at once, each with an article of {len(OWN) * 6 * len(FILLER.split()):,} words")
    print(f"  questions                  {len(results):8}")
    print(f"  errors                     {sum(result['error'] for result in results):8}")
    print(f"  answers out of another's   {sum(result['leak'] for result in results):8}")
    print(f"  own answer to own question {sum(told_own):8} of {len(told_own)}")
    print(f"  median, 95th percentile, slowest (seconds) {np.percentile(seconds, [50, 95, 100]).round(2)}")
    print(f"  memory before, at the end, after they left (MB) {before:.0f} {during:.0f} {after:.0f}")
    print(
        f"  grown by {after / before - 1:.1%}; load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )


if __name__ == "__main__":
    main()
