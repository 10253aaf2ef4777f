"""Visitors who open the page, ask, read and leave, one visit after the other, until stopped."""

from __future__ import annotations

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from served import sample_questions
from visitor import NAMES, OWN, RefusedError, Visitor

QUESTIONS_A_VISIT = 10
SECONDS_AFTER_REFUSAL = 1.0
"""Whoever is refused leaves, and comes again after that."""


class Crowd:
    """A number of concurrent visitors; every second visit adds an article.

    Parameters
    ----------
    address : str
    size : int
    most_pause : float
        Seconds, at most, between two questions of a visitor; drawn each time.

    Attributes
    ----------
    seconds : list of float
        Taken by each answer so far.
    counts : Counter
        Of "visits", "articles", "answers" and "refusals".
    problems : list of str
        Whatever went wrong: no answer, an answer out of another's article, an excerpt that is not in its source.
    """

    def __init__(self, address: str, size: int, most_pause: float = 0.0) -> None:
        self.seconds: list[float] = []
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        self._address = address
        self._most_pause = most_pause
        self._questions = sample_questions(200)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(size)
        self._visitors = [self._pool.submit(self._visit_until_stopped, number) for number in range(size)]

    def stop(self) -> None:
        """Let all finish their question and leave."""
        self._stop.set()
        for stay in self._visitors:
            stay.result()
        self._pool.shutdown()

    def _visit_until_stopped(self, number: int) -> None:
        chance = random.Random(number)
        own = number % 2 == 0
        while not self._stop.is_set():
            try:
                self._visit(NAMES[number % len(NAMES)], own, chance)
            except Exception as error:  # counted, and the next visit begins
                self.problems.append(f"{type(error).__name__}: {str(error)[:300]}")
            own = not own

    def _visit(self, name: str, own: bool, chance: random.Random) -> None:
        visitor = Visitor(self._address, name)
        self._count("visits")
        try:
            if own:
                visitor.add()
                self._count("articles")
            for turn in range(QUESTIONS_A_VISIT):
                if self._stop.wait(chance.uniform(0, self._most_pause)):
                    break
                self._ask(visitor, chance.choice(list(OWN)) if own and turn % 2 else chance.choice(self._questions))
        except RefusedError:
            self._count("refusals")
            self._stop.wait(SECONDS_AFTER_REFUSAL)
        finally:
            visitor.leave()

    def _ask(self, visitor: Visitor, question: str) -> None:
        seconds, answer = visitor.ask(question)
        self._count("answers")
        self.seconds.append(seconds)
        assert 'class="answer"' in answer, answer
        assert not any(other in answer for other in NAMES if other != visitor.name), answer
        assert question not in OWN or visitor.name in answer, answer
        visitor.look(answer)

    def _count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1
