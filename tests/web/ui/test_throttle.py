"""How answers that come in are shown."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from threading import Event

import pytest

from qa.claims import Generation
from qa.errors import QAError
from qa.types import Answer
from qa.web.ui.throttle import throttled

TIMEOUT_SECONDS = 60  # seconds


def draft(words: int) -> Answer:
    return Answer("Why?", "Why?", "", None, 0.9, (), (), {}, None, Generation("tiny", partial_sentence="word " * words))


def test_fast_updates_are_throttled_in_order_and_the_last_is_shown() -> None:
    answers = [draft(words) for words in range(1000)]
    shown = [answer for answer in throttled(answers) if answer]
    assert shown[-1] is answers[-1]
    assert len(shown) < 100
    lengths = [len(answer.generated.partial_sentence) for answer in shown if answer.generated]
    assert all(before < after for before, after in pairwise(lengths))
    assert [*throttled(answers[:1])][-1] is answers[0]
    assert not any(throttled([]))


def test_an_update_is_shown_though_nothing_follows() -> None:
    resume = Event()

    def answers() -> Iterator[Answer]:
        yield draft(1)
        yield draft(2)
        assert resume.wait(TIMEOUT_SECONDS)
        yield draft(3)

    looking = throttled(answers())
    while next(looking) != draft(2):
        pass
    # Whoever looks on is given the floor again before there is something new.
    assert next(looking) is None
    resume.set()
    assert [answer for answer in looking if answer] == [draft(3)]


def test_an_error_is_raised_to_the_consumer() -> None:
    def answers() -> Iterator[Answer]:
        yield draft(1)
        raise QAError("no more")

    with pytest.raises(QAError, match="no more"):
        list(throttled(answers()))


def test_reading_stops_when_the_consumer_does() -> None:
    resume, closed = Event(), Event()
    read = []

    def answers() -> Iterator[Answer]:
        try:
            yield draft(1)
            assert resume.wait(TIMEOUT_SECONDS)
            for words in (2, 3):
                read.append(words)
                yield draft(words)
        finally:
            closed.set()

    looking = throttled(answers())
    while next(looking) is None:
        pass
    looking.close()
    resume.set()
    assert closed.wait(TIMEOUT_SECONDS)
    assert read == [2]
