"""Ten visitors at once, each with an article of their own: ``make bench-visitors``.

Each uses a server in a separate process as the page does: it opens, uploads, asks one question after the other without
a pause, and leaves. The visitors' articles answer the same questions differently, so that an answer from another
visitor's article is noticed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import numpy as np
from results import print_table
from served import memory_mb, sample_questions, served
from visitor import FILLER, NAMES, OWN, Visitor

VISITORS = 10
QUESTIONS = 200
PAGE_CLOSED_SECONDS = 75  # a library outlives its page by a minute


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


def main() -> None:
    """Measure everything and print it."""
    each = QUESTIONS // VISITORS
    own = list(OWN)
    samples = sample_questions(each // 2 * VISITORS)
    with served() as (address, pid):
        # One visitor comes first, so that what a server loads only once is not counted.
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
    own_answers = [result["own"] for result in results if result["own"] is not None]
    words = len(OWN) * 6 * len(FILLER.split())
    times = " / ".join(f"{value:.2f}" for value in np.percentile(seconds, [50, 95, 100]))
    rows = [
        ("questions", len(results)),
        ("errors", sum(result["error"] for result in results)),
        ("answers from another visitor's article", sum(result["leak"] for result in results)),
        ("own answer to own question", f"{sum(own_answers)} of {len(own_answers)}"),
        ("seconds: median / 95th percentile / slowest", times),
        ("MB of memory: before / at the end / after they left", f"{before:.0f} / {during:.0f} / {after:.0f}"),
        ("memory after, compared with before", f"{after / before - 1:+.1%}"),
    ]
    print_table(("", ""), rows, f"{VISITORS} visitors at once, each with an article of {words:,} words")
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
