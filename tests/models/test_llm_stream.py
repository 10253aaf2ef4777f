"""What a chat model's events say, however they are cut and written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import LanguageModelError
from qa.models.llm_stream import Said, answer_of, read_events, read_whole

DONE = b"data: [DONE]\n\n"


def event(**delta: object) -> bytes:
    return b"data: " + json.dumps({"choices": [{"delta": delta, "finish_reason": None}]}).encode() + b"\n\n"


def texts(*pieces: bytes) -> list[str]:
    return list(answer_of(read_events(pieces)))


@given(
    st.lists(st.text(max_size=8), max_size=8),
    st.lists(st.integers(0, 2000), max_size=8),
    st.sampled_from(["\n", "\r\n"]),
)
def test_words_are_the_same_wherever_their_bytes_are_cut(
    said: Sequence[str], cuts: Sequence[int], line_end: str
) -> None:
    data = (b"".join(event(content=text) for text in said) + DONE).replace(b"\n", line_end.encode())
    at = [0, *sorted(cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(at)]
    whole = "".join(said).lstrip()
    assert "".join(texts(*pieces)) == ("" if whole.startswith("<think>") else whole)


@pytest.mark.parametrize(
    "piece",
    [
        b": keep-alive\n\n",
        b"event: message\nid: 7\nretry: 10\n\n",
        event(role="assistant", content=""),
        event(role="assistant"),
        event(content=None),
        event(),
        b'data: {"choices": [{"delta": null}]}\n\n',
        b'data: {"choices": [{"index": 0}]}\n\n',
        b'data: {"choices": [], "usage": {"total_tokens": 3}}\n\n',
        b'data: {"choices": []}\n\n',
        b'data: {"usage": {"total_tokens": 3}}\n\n',
        b'data: {"error": null, "choices": []}\n\n',
    ],
    ids=str,
)
def test_events_without_words_say_nothing(piece: bytes) -> None:
    assert texts(piece, event(content="Bees "), piece, event(content="dance."), piece, DONE) == ["Bees ", "dance."]


def test_the_space_after_the_colon_may_be_missing() -> None:
    assert texts(event(content="Bees").replace(b"data: ", b"data:"), b"data:[DONE]\n") == ["Bees"]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        pytest.param(["<think>Hm.</think>Bees"], ["Bees"], id="in one piece"),
        pytest.param(
            ["\n<th", "ink>Do ", "they?</thi", "nk>", "\n\n", "Bees ", "dance."], ["Bees ", "dance."], id="cut"
        ),
        pytest.param(["<think></think>", "<think>Again.</think> Bees"], ["Bees"], id="twice"),
        pytest.param(["<think>Hm. ", "Do they"], [], id="never ended"),
        pytest.param(["<thi"], ["<thi"], id="only like one"),
        pytest.param(["<", "b> dance"], ["<b> dance"], id="another sign"),
        pytest.param(["Bees <think>dance</think>"], ["Bees <think>dance</think>"], id="not at the start"),
        pytest.param(["<think>" * 20_000 + "</think>" * 20_000], ["</think>" * 19_999], id="nested deeply"),
        pytest.param(["<think></think>" * 20_000, "Bees"], ["Bees"], id="very often"),
    ],
)
def test_a_thought_at_the_start_is_no_part_of_the_answer(said: Sequence[str], answer: Sequence[str]) -> None:
    assert list(answer_of([*(Said(text) for text in said), Said(last=True)])) == answer


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_what_comes_as_a_thought_is_one(name: str) -> None:
    data = event(**{name: "Hm.", "content": ""}) + event(content="Bees")
    assert [(said.text, said.thought) for said in read_events([data])] == [("", "Hm."), ("Bees", "")]
    odd = event(**{name: {"text": "Hm."}, "content": "Bees"})
    assert list(read_events([odd])) == [Said("Bees")]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        pytest.param(["\ud83d", "\udc1d dances"], "\U0001f41d dances", id="halves in two pieces"),
        pytest.param(["A \ud83d", " dances"], "A \ufffd dances", id="a first half alone"),
        pytest.param(["A \udc1d dances"], "A \ufffd dances", id="a second half alone"),
        pytest.param(["A \ud83d"], "A \ufffd", id="a first half at the end"),
    ],
)
def test_characters_are_whole(said: Sequence[str], answer: str) -> None:
    assert "".join(texts(*(event(content=text) for text in said), DONE)) == answer


def test_bytes_that_are_no_utf_8_are_replaced() -> None:
    assert texts(event(content="Bees X dance").replace(b"X", b"\xff"), DONE) == ["Bees \ufffd dance"]


@pytest.mark.parametrize("reason", ["stop", "length"])
def test_a_reason_to_finish_makes_the_reply_whole(reason: str) -> None:
    choice: dict[str, Any] = {"delta": {"content": "dance."}, "finish_reason": reason}
    assert list(read_events([b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n"])) == [
        Said("dance.", last=True)
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"{oops",
        b"",
        b"[1]",
        b'"Bees"',
        b"null",
        b"{}",
        b'{"object": "chat.completion.chunk"}',
        b'{"choices": "Bees"}',
        b'{"choices": ["Bees"]}',
        b'{"choices": [{"delta": "Bees", "message": "Bees"}]}',
        b'{"choices": [{"delta": {"content": 7}, "message": {"content": 7}}]}',
        b'{"choices": [{"delta": {"content": ["Bees"]}, "message": {"content": ["Bees"]}}]}',
        b"[" * 100_000,
        b"7" * 10_000,
    ],
    ids=lambda data: str(data[:60]),
)
def test_what_cannot_be_understood_is_refused(data: bytes) -> None:
    for read, sent in ((read_events, b"data: " + data + b"\n\n"), (read_whole, data)):
        with pytest.raises(LanguageModelError, match="cannot be understood"):
            list(read([sent]))


@pytest.mark.parametrize("read", [read_events, read_whole])
def test_a_line_without_end_is_refused(read: Callable[[Iterable[bytes]], Iterator[Said]]) -> None:
    with pytest.raises(LanguageModelError, match="cannot be understood"):
        list(read(b"x" * 10_000 for _ in range(1000)))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ({"message": "overloaded", "code": 503}, 503),
        ({"message": "overloaded", "status": 503}, 503),
        ({"message": "no", "code": "invalid_api_key"}, None),
        ({"message": "no", "code": 10**100}, None),
        ("boom", None),
    ],
    ids=str,
)
def test_an_error_is_told_with_its_status(error: object, told: int | None) -> None:
    (said,) = read_events([b"data: " + json.dumps({"error": error}).encode() + b"\n\n"])
    assert said.error is not None
    assert said.error[0] == told


def test_a_whole_reply_is_read_however_it_is_cut() -> None:
    data = json.dumps({"choices": [{"message": {"content": "Bees dance."}, "finish_reason": "stop"}]}).encode()
    assert list(answer_of(read_whole(bytes([byte]) for byte in data))) == ["Bees dance."]
