"""Concurrent questions: ``make bench-load``.

Questions about the sample articles are asked by 1, 8 and 32 askers, each of whom asks the next one as soon as the last
is answered: of one `QA` in this process, by threads, and of the app in a separate process, through its endpoint `ask`.
The numbers of askers alternate, so that other load of the machine affects them alike. *Changed* counts answers that
differ in any bit from the one that the question gets alone.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
from collections.abc import Callable, Iterable
from functools import partial
from http.client import HTTPConnection
from queue import Empty, SimpleQueue
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np
from served import ROOT, processor_seconds_of, sample_questions, served

from qa.output.text import answer_to_json
from qa.pipeline import QA

ASKERS = (1, 8, 32)
UNLIMITED = {
    f"QA_{whose}_{what}_PER_MINUTE": "1000000"
    for whose in ("PER_VISITOR", "TOTAL")
    for what in ("QUESTIONS", "REQUESTS")
}
"""All askers come from one address."""
Asker = Callable[[str], dict[str, Any]]


class Round:
    """The results for a number of askers."""

    def __init__(
        self, askers: Iterable[Asker], questions: Iterable[str], processor_seconds: Callable[[], float]
    ) -> None:
        self._left: SimpleQueue[str] = SimpleQueue()
        for question in questions:
            self._left.put(question)
        self.seconds: list[float] = []
        self.answers: list[dict[str, Any]] = []
        threads = [threading.Thread(target=self._ask, args=(asker,)) for asker in askers]
        started, used = perf_counter(), processor_seconds()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.processor = processor_seconds() - used
        self.wall = perf_counter() - started

    def _ask(self, asker: Asker) -> None:
        while True:
            try:
                question = self._left.get_nowait()
            except Empty:
                return
            started = perf_counter()
            answer = asker(question)
            self.seconds.append(perf_counter() - started)
            self.answers.append(answer)


def through_endpoint(address: str) -> Asker:
    """Return an asker with a connection of its own to the running app."""
    connection = HTTPConnection(address.removeprefix("http://"), timeout=300)
    path = "/gradio_api/call"

    def ask(question: str) -> dict[str, Any]:
        connection.request(
            "POST", f"{path}/v2/ask", json.dumps({"question": question}), {"Content-Type": "application/json"}
        )
        event = json.loads(connection.getresponse().read())["event_id"]
        connection.request("GET", f"{path}/ask/{event}")
        events = connection.getresponse().read().decode()
        assert "event: complete" in events, events
        answer: dict[str, Any] = json.loads(events.rpartition("data: ")[2])[0]
        return answer

    return ask


def without_times(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without its timings."""
    return {name: value for name, value in answer.items() if name != "timings_ms"}


def measure(
    title: str,
    make_asker: Callable[[], Asker],
    processor_seconds: Callable[[], float],
    questions: list[str],
    alone: dict[str, dict[str, Any]],
    rounds: int,
) -> None:
    """Print a line for each number of askers."""
    for question in questions[:3]:
        make_asker()(question)
    done: dict[int, list[Round]] = {count: [] for count in ASKERS}
    for _ in range(rounds):
        for count, results in done.items():
            results.append(Round([make_asker() for _ in range(count)], questions, processor_seconds))
    print(f"\n{title}: {len(questions)} questions, {rounds} rounds")
    print("| askers | a second | times one asker | median, ms | 95th, ms | processor, ms | cores busy | changed |")
    print("|---|---|---|---|---|---|---|---|")
    rates = {count: [len(one.answers) / one.wall for one in results] for count, results in done.items()}
    for count, results in done.items():
        times = [rate / one for rate, one in zip(rates[count], rates[ASKERS[0]], strict=True)]
        seconds = [second for one in results for second in one.seconds]
        middle, late = np.percentile(seconds, [50, 95]) * 1000
        busy = sum(one.processor for one in results)
        changed = sum(without_times(answer) != alone[answer["question"]] for one in results for answer in one.answers)
        print(
            f"| {count} | {median(rates[count]):.1f} | {median(times):.2f} ({min(times):.2f} to {max(times):.2f}) |"
            f" {middle:.0f} | {late:.0f} | {1000 * busy / len(seconds):.0f} |"
            f" {busy / sum(one.wall for one in results):.2f} | {changed} |",
            flush=True,
        )


def main() -> None:
    """Measure both ways and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=222, help="asked in each round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    questions = sample_questions(options.questions)
    bot = QA.from_path(ROOT / "data" / "articles")

    def ask(question: str) -> dict[str, Any]:
        return answer_to_json(bot.ask(question))

    alone = {question: without_times(json.loads(json.dumps(ask(question)))) for question in questions}
    measure("threads of one process", lambda: ask, process_time, questions, alone, options.rounds)
    with served(**UNLIMITED) as (address, pid):
        processor = partial(processor_seconds_of, pid)
        measure("the app's endpoint", partial(through_endpoint, address), processor, questions, alone, options.rounds)
    print(f"\nload of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
