"""Parsing of a chat model's reply, however it is cut and written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import LanguageModelError, TruncatedReplyError
from qa.models.llm_stream import StreamEvent, answer_text, parse_reply, reply_text, without_unopened_reasoning

DONE = b"data: [DONE]\n\n"


def event(**delta: object) -> bytes:
    return b"data: " + json.dumps({"choices": [{"delta": delta, "finish_reason": None}]}).encode() + b"\n\n"


def parse(chunks: Iterable[bytes], content_type: str = "text/event-stream", **headers: str) -> Iterator[StreamEvent]:
    return parse_reply(httpx.Response(200, headers={"content-type": content_type, **headers}, content=iter(chunks)))


def texts(*chunks: bytes) -> list[str]:
    return list(answer_text(parse(chunks)))


@given(
    st.lists(st.text(max_size=8), max_size=8),
    st.lists(st.integers(0, 2000), max_size=8),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_words_are_the_same_wherever_their_bytes_are_cut(
    parts: Sequence[str], cuts: Sequence[int], line_end: str
) -> None:
    data = (b"".join(event(content=text) for text in parts) + DONE).replace(b"\n", line_end.encode())
    at = [0, *sorted(cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(at)]
    whole = "".join(parts).lstrip()
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
        b'data: {"choices": null}\n\n',
        b'data: {"usage": {"total_tokens": 3}}\n\n',
        b'data: {"error": null, "choices": []}\n\n',
    ],
    ids=str,
)
def test_events_without_words_say_nothing(piece: bytes) -> None:
    assert texts(piece, event(content="Bees "), piece, event(content="dance."), piece, DONE) == ["Bees ", "dance."]


def test_the_space_after_the_colon_may_be_missing() -> None:
    assert texts(event(content="Bees").replace(b"data: ", b"data:"), b"data:[DONE]\n\n") == ["Bees"]


@pytest.mark.parametrize(
    ("parts", "answer"),
    [
        pytest.param(["<think>Hm.</think>Bees"], ["Bees"], id="in one piece"),
        pytest.param(
            ["\n<th", "ink>Do ", "they?</thi", "nk>", "\n\n", "Bees ", "dance."], ["Bees ", "dance."], id="cut"
        ),
        pytest.param(["<think></think>", "<think>Again.</think> Bees"], ["Bees"], id="twice"),
        pytest.param(["<think>Hm. ", "Do they"], [], id="never ended"),
        pytest.param(["<thi"], ["<thi"], id="only like one"),
        pytest.param(["[THI", "NK]Hm.[/THINK]Bees"], ["Bees"], id="in square brackets"),
        pytest.param(["<thinking>Hm.</thinking>Bees"], ["Bees"], id="in full"),
        pytest.param(
            ["<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>fi", "nal<|message|>Bees"],
            ["Bees"],
            id="in a channel",
        ),
        pytest.param(["<", "b> dance"], ["<b> dance"], id="another sign"),
        pytest.param(["Bees <think>dance</think>"], ["Bees <think>dance</think>"], id="not at the start"),
        pytest.param(["<think>" * 20_000 + "</think>" * 20_000], ["</think>" * 19_999], id="nested deeply"),
        pytest.param(["<think></think>" * 20_000, "Bees"], ["Bees"], id="very often"),
    ],
)
def test_reasoning_at_the_start_is_no_part_of_the_answer(parts: Sequence[str], answer: Sequence[str]) -> None:
    assert list(answer_text([*(StreamEvent(text) for text in parts), StreamEvent(done=True)])) == answer


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("Do they?\n</think>\n\nBees dance.", "Bees dance."),
        ("Do they?\n</think>", ""),
        ("Do they? They do.</think>\nBees dance.", "Bees dance."),
        ("It ends with `</think>`.", "It ends with `</think>`."),
        ("Write:\n<think>\n</think>\nThen", "Write:\n<think>\n</think>\nThen"),
    ],
)
def test_reasoning_that_the_template_opens_is_no_part_of_the_answer(reply: str, answer: str) -> None:
    assert without_unopened_reasoning(reply) == answer


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_a_reasoning_field_is_reasoning(name: str) -> None:
    data = event(**{name: "Hm.", "content": ""}) + event(content="Bees")
    assert [(event.text, event.reasoning) for event in parse([data])] == [("", "Hm."), ("Bees", "")]
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Bees"}]
    [listed] = parse([event(content=parts)])
    assert (listed.text, "Hm." in listed.reasoning) == ("Bees", True)
    odd = event(**{name: {"text": "Hm."}, "content": "Bees"})
    assert list(parse([odd])) == [StreamEvent("Bees")]


@pytest.mark.parametrize(
    ("parts", "answer"),
    [
        pytest.param(["\ud83d", "\udc1d dances"], "\U0001f41d dances", id="halves in two pieces"),
        pytest.param(["A \ud83d", " dances"], "A \ufffd dances", id="a first half alone"),
        pytest.param(["A \udc1d dances"], "A \ufffd dances", id="a second half alone"),
        pytest.param(["A \ud83d"], "A \ufffd", id="a first half at the end"),
    ],
)
def test_characters_are_whole(parts: Sequence[str], answer: str) -> None:
    assert "".join(texts(*(event(content=text) for text in parts), DONE)) == answer


def test_bytes_that_are_no_utf_8_are_replaced() -> None:
    assert texts(event(content="Bees X dance").replace(b"X", b"\xff"), DONE) == ["Bees \ufffd dance"]


@pytest.mark.parametrize("reason", ["stop", "length"])
def test_a_reason_to_finish_makes_the_reply_whole(reason: str) -> None:
    choice: dict[str, Any] = {"delta": {"content": "dance."}, "finish_reason": reason}
    assert list(parse([b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"])) == [
        StreamEvent("dance.", done=True, truncated=reason == "length")
    ]


def test_an_answer_at_its_limit_of_tokens_says_so_after_its_last_piece() -> None:
    events = [StreamEvent("Bees "), StreamEvent("dan", done=True, truncated=True)]
    pieces = answer_text(events)
    assert [next(pieces), next(pieces)] == ["Bees ", "dan"]
    with pytest.raises(TruncatedReplyError):
        next(pieces)
    assert reply_text(answer_text(events)) == "Bees dan"
    # Reasoning that reached the limit is no answer.
    assert list(answer_text([StreamEvent("<think>Bees", done=True, truncated=True)])) == []


@pytest.mark.parametrize(
    "data",
    [
        b"{oops",
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
def test_a_malformed_reply_is_refused(data: bytes) -> None:
    for sent, content_type in ((b"data: " + data + b"\n\n", "text/event-stream"), (data, "application/json")):
        with pytest.raises(LanguageModelError, match="malformed reply"):
            list(parse([sent], content_type))


def test_a_compressed_reply_is_refused() -> None:
    with pytest.raises(LanguageModelError, match="malformed reply"):
        list(parse([event(content="Bees"), DONE], **{"content-encoding": "gzip"}))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"message": "overloaded", "code": 503}, 503),
        ({"message": "overloaded", "status": 503}, 503),
        ({"message": "overloaded", "code": "503"}, 503),
        ({"message": "no", "code": "invalid_api_key"}, None),
        ({"message": "no", "code": 10**100}, None),
        ("boom", None),
    ],
    ids=str,
)
def test_an_error_has_its_status(error: object, status: int | None) -> None:
    (failed,) = parse([b"data: " + json.dumps({"error": error}).encode() + b"\n\n"])
    assert failed.error is not None
    assert failed.error[0] == status


def test_a_whole_reply_is_read_however_it_is_cut() -> None:
    data = json.dumps({"choices": [{"message": {"content": "Bees dance."}, "finish_reason": "stop"}]}).encode()
    assert list(answer_text(parse((bytes([byte]) for byte in data), "application/json"))) == ["Bees dance."]
