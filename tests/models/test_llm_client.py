"""The language model's client, with a real server that misbehaves in the ways that servers do."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from time import monotonic

import pytest
import trustme
from scripted_model import CUT, STALL, Forever, Part, Reply, ScriptedModel

from qa.errors import LanguageModelError, PromptTooLongError, QAError
from qa.models.llm_client import RemoteLanguageModel, make_language_model
from qa.protocols import Message
from qa.settings import Settings

pytestmark = pytest.mark.slow

PROMPT = [Message("system", "Be brief."), Message("user", "Do bees dance?")]
KEY = "sk-never-to-be-seen"
GOOD = Reply("Bees dance [1].")
RETRY_AT_ONCE = {"Retry-After": "0"}
EVENTS = b"".join(
    b'data: {"choices": [{"delta": {"content": "%b"}, "finish_reason": null}]}\n\n' % word
    for word in (b"Bees ", b"dance.")
)
DONE = b"data: [DONE]\n\n"
WHOLE = b'{"choices": [{"message": {"content": "Bees dance."}}]}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
EMPTY_CHUNK = b'data: {"choices": [{"delta": {"content": ""}}]}\n\n'


def model_at(url: str, **settings: object) -> RemoteLanguageModel:
    limits = {"llm_timeout_seconds": 30.0, "llm_idle_timeout_seconds": 20.0, **settings}
    model = make_language_model(Settings.model_validate({"llm_model": "bee", "llm_url": url, **limits}))
    assert isinstance(model, RemoteLanguageModel)
    return model


def ask(server: ScriptedModel, max_tokens: int = 50, **settings: object) -> list[str]:
    return list(model_at(server.url, **settings).stream(PROMPT, max_tokens))


def failure(server: ScriptedModel, max_tokens: int = 50, **settings: object) -> tuple[list[str], str]:
    """Return the pieces received before the failure, and the failure's message."""
    received: list[str] = []
    with pytest.raises(LanguageModelError) as raised:
        received.extend(model_at(server.url, **settings).stream(PROMPT, max_tokens))
    message = str(raised.value)
    assert len(message) <= 200
    assert message.isprintable()
    return received, message


def sent(body: bytes, content_type: str | None, status: str = "200 OK") -> Reply:
    """Return a reply with a body as it is."""
    named = f"Content-Type: {content_type}\r\n" if content_type else ""
    head = f"HTTP/1.1 {status}\r\n{named}Content-Length: {len(body)}\r\n\r\n"
    return Reply([head.encode(), body], bare=True)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Collect the pauses between attempts, without waiting."""
    taken: list[float] = []
    monkeypatch.setattr("qa.models.llm_client.sleep", taken.append)
    return taken


@contextmanager
def within(seconds: float) -> Iterator[None]:
    start = monotonic()
    yield
    assert monotonic() - start < seconds


# --- requests and replies -------------------------------------------------------------------------------------------


def test_the_reply_comes_piece_by_piece() -> None:
    with ScriptedModel(GOOD) as server:
        assert ask(server) == ["Bees ", "dance ", "[1]."]
    assert server.requests[0].path == "/v1/chat/completions"
    assert server.requests[0].body == {
        "model": "bee",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Do bees dance?"}],
        "max_tokens": 50,
        "temperature": 0,
        "stream": True,
    }


def test_a_piece_is_yielded_before_the_next_arrives() -> None:
    resume = threading.Event()
    with ScriptedModel(Reply(["Bees ", resume, "dance."])) as server:
        pieces = model_at(server.url).stream(PROMPT, 50)
        assert next(pieces) == "Bees "
        resume.set()
        assert list(pieces) == ["dance."]


def test_no_model_is_made_where_none_is_named() -> None:
    assert make_language_model(Settings(llm_model="")) is None


def test_one_json_object_in_place_of_a_stream_is_read() -> None:
    with ScriptedModel(Reply("Bees dance [1].", whole=True)) as server:
        assert ask(server) == ["Bees dance [1]."]


def test_any_prompt_can_be_sent() -> None:
    prompt = 'Bienen: "\U0001f41d\u00fc\n\x00\ud83d"'
    with ScriptedModel(GOOD) as server:
        list(model_at(server.url).stream([Message("user", prompt)], 50))
    assert server.requests[0].body["messages"][0]["content"] == prompt


@pytest.mark.parametrize("address", ["/v1", "/v1/", "/v1/chat/completions", "/v1?version=2"])
def test_the_address_may_have_a_slash_a_query_and_the_endpoint(address: str) -> None:
    with ScriptedModel(GOOD) as server:
        list(model_at(server.url.removesuffix("/v1") + address).stream(PROMPT, 50))
    assert server.requests[0].path == "/v1/chat/completions" + "?version=2" * ("?" in address)


def test_an_address_without_the_version_gets_a_hint() -> None:
    with ScriptedModel(GOOD) as server, pytest.raises(LanguageModelError) as raised:
        list(model_at(server.url.removesuffix("/v1")).stream(PROMPT, 50))
    assert str(raised.value).endswith("(404); check QA_LLM_MODEL and QA_LLM_URL, which usually ends in /v1")


def test_reasoning_is_left_out() -> None:
    reasoning: dict[str, object] = {"choices": [{"delta": {"reasoning_content": "Do they?"}}]}
    with ScriptedModel(Reply([reasoning, "<think>Hm.", "</think>\n", "Bees ", "dance."])) as server:
        assert ask(server) == ["Bees ", "dance."]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(EVENTS + b"data: [DONE]\n", "text/event-stream", id="no blank line after DONE"),
        pytest.param(EVENTS + b"data: [DONE]", "text/event-stream", id="no line end after DONE"),
        pytest.param(
            b'"stop"'.join(EVENTS.rstrip().rsplit(b"null", 1)), "text/event-stream", id="no line end after an event"
        ),
        pytest.param((EVENTS + DONE).replace(b"\n\n", b"\n"), "text/event-stream", id="no blank lines"),
        pytest.param(EVENTS + DONE, "application/json", id="events called JSON"),
        pytest.param(EVENTS + DONE, "text/html", id="events called a page"),
        pytest.param(WHOLE, "text/plain; charset=utf-8", id="JSON called text"),
        pytest.param(WHOLE, None, id="JSON without a type"),
        pytest.param(WHOLE, "text/event-stream", id="JSON called events"),
        pytest.param(b"\n" + WHOLE.replace(b": ", b":\n"), "application/json", id="JSON on several lines"),
        pytest.param(EVENTS.replace(b"data: ", b"") + b"[DONE]", "application/x-ndjson", id="lines of JSON"),
        pytest.param(b"data: " + WHOLE + b"\n\n", "text/event-stream", id="one event with the message"),
        pytest.param(b"\xef\xbb\xbf" + EVENTS + DONE, "text/event-stream", id="events after a mark of the byte order"),
        pytest.param(b"\xef\xbb\xbf" + WHOLE, "application/json", id="JSON after a mark of the byte order"),
        pytest.param((EVENTS + DONE).replace(b"\n", b"\r\n"), "text/event-stream", id="CR LF"),
        pytest.param((EVENTS + DONE).replace(b"\n", b"\r"), "text/event-stream", id="CR"),
        pytest.param(b": OPENROUTER PROCESSING\n\n" + EVENTS + DONE, "text/event-stream", id="a comment"),
    ],
)
def test_a_reply_is_read_whatever_it_is_called_and_however_it_ends(
    body: bytes, content_type: str | None, pauses: list[float]
) -> None:
    with ScriptedModel(sent(body, content_type)) as server:
        assert "".join(ask(server)) == "Bees dance."
    assert pauses == []


def test_a_line_of_json_is_yielded_before_the_next_arrives() -> None:
    resume = threading.Event()
    with ScriptedModel(Reply([HEAD, EVENTS[6:].splitlines(keepends=True)[0], resume, WHOLE], bare=True)) as server:
        pieces = model_at(server.url).stream(PROMPT, 50)
        assert next(pieces) == "Bees "
        resume.set()
        assert next(pieces) == "Bees dance."


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(b"data: [DONE]\n\n", id="no reason to finish"),
        pytest.param(b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\n', id="no DONE"),
    ],
)
@pytest.mark.parametrize("then", [[], [STALL], [CUT]], ids=["end", "stall", "cut"])
def test_a_reply_is_whole_when_the_server_says_so(end: bytes, then: list[Part]) -> None:
    with ScriptedModel(Reply(["Bees ", "dance.", end, *then], finish=None)) as server:
        assert ask(server) == ["Bees ", "dance."]


# --- immediate failures ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (400, '{"error": {"message": "bad"}}', "the language model's server refused the request (400)"),
        (
            400,
            "This model's maximum context length is 4096 tokens",
            "the prompt is too long for the language model (400)",
        ),
        (400, '{"error": {"code": "context_length_exceeded"}}', "the prompt is too long for the language model (400)"),
        (400, "the request exceeds the available context size", "the prompt is too long for the language model (400)"),
        (500, "context size has been exceeded", "the prompt is too long for the language model (500)"),
        (
            429,
            '{"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}',
            "the language model's server refused the request: payment required (429)",
        ),
        (400, "API key not valid.", "the language model's server rejected the API key (400)"),
        (
            400,
            '{"error": {"message": "No models loaded", "code": "model_not_found"}}',
            "the language model's server refused the request: model or endpoint not found (400);"
            " check QA_LLM_MODEL and QA_LLM_URL",
        ),
        (413, "", "the prompt is too long for the language model (413)"),
        (
            422,
            "`inputs` tokens + `max_new_tokens` must be <= 4096",
            "the prompt is too long for the language model (422)",
        ),
        (401, "<html>no</html>", "the language model's server rejected the API key (401)"),
        (403, "", "the language model's server rejected the API key (403)"),
        (402, "", "the language model's server refused the request: payment required (402)"),
        (
            404,
            "",
            "the language model's server refused the request: model or endpoint not found (404);"
            " check QA_LLM_MODEL and QA_LLM_URL",
        ),
        (418, "", "the language model's server refused the request (418)"),
        (204, "", "the language model's server refused the request (204)"),
    ],
)
def test_a_refusal_is_reported_at_once_and_in_our_words(
    status: int, body: str, sentence: str, pauses: list[float]
) -> None:
    with ScriptedModel(Reply(status=status, body=f"{body} {KEY} Do bees dance?" if body else "")) as server:
        assert failure(server, llm_key=KEY) == ([], sentence)
    assert len(server.requests) == 1
    assert pauses == []


def test_a_model_that_refuses_the_older_limit_gets_the_newer(pauses: list[float]) -> None:
    message = (
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    )
    with ScriptedModel([Reply(status=400, body=message), GOOD]) as server:
        assert ask(server) == ["Bees ", "dance ", "[1]."]
    assert pauses == [0.0]
    assert {"max_tokens", "temperature"}.isdisjoint(server.requests[1].body)
    assert server.requests[1].body["max_completion_tokens"] == 50


def test_a_model_without_a_system_message_and_a_temperature_is_asked_without_them(pauses: list[float]) -> None:
    refusals = [
        Reply(status=400, body='{"error": {"message": "System role not supported"}}'),
        Reply(status=400, body='{"detail": "`temperature` is deprecated for this model"}'),
    ]
    with ScriptedModel([*refusals, GOOD]) as server:
        assert ask(server) == ["Bees ", "dance ", "[1]."]
    assert pauses == [0.0, 0.0]
    assert server.requests[2].body["messages"] == [{"role": "user", "content": "Be brief.\n\nDo bees dance?"}]
    assert "temperature" not in server.requests[2].body


def test_a_refusal_whose_body_does_not_end_is_reported() -> None:
    with ScriptedModel(Reply([b"HTTP/1.1 401 No\r\n\r\n", STALL], bare=True)) as server, within(10):
        _, message = failure(server, llm_idle_timeout_seconds=1.5)
    assert message == "the language model's server requires an API key (401); set QA_LLM_KEY"


def test_a_server_that_requires_a_key_says_so() -> None:
    with ScriptedModel(Reply(status=401)) as server:
        assert failure(server) == ([], "the language model's server requires an API key (401); set QA_LLM_KEY")


@pytest.mark.parametrize(("status", "remedy"), [(401, "set QA_JUDGE_KEY"), (404, "check QA_JUDGE and QA_JUDGE_URL")])
def test_the_judge_has_settings_of_its_own(status: int, remedy: str) -> None:
    with ScriptedModel(Reply(status=status)) as server:
        model = make_language_model(Settings(llm_model="bee", judge="wasp", judge_url=server.url), judge=True)
        assert model is not None
        with pytest.raises(LanguageModelError, match=f"{remedy}$"):
            list(model.stream(PROMPT, 50))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_neither_key_nor_prompt_is_sent_elsewhere(status: int) -> None:
    with ScriptedModel(GOOD) as other:
        away = Reply(status=status, headers={"Location": f"{other.url}/chat/completions"})
        with ScriptedModel(away) as server:
            _, message = failure(server, llm_key=KEY)
    assert message == f"the language model's server redirects elsewhere ({status}); redirects are not followed"
    assert other.requests == []


def test_a_refusal_without_end_is_not_read_to_it() -> None:
    endless = Reply([b"HTTP/1.1 400 Bad Request\r\n\r\n", Forever(b"x" * 10_000)], bare=True)
    with ScriptedModel(endless) as server, within(15):
        assert failure(server) == ([], "the language model's server refused the request (400)")


@pytest.mark.parametrize(
    "reply",
    [Reply([" ", "\n"]), Reply([" ", "\n"], whole=True), sent(b'{"choices": []}', "application/json")],
    ids=["stream", "whole", "no choices"],
)
def test_an_empty_reply_is_reported(reply: Reply, pauses: list[float]) -> None:
    with ScriptedModel(reply) as server:
        advice = "if the model reasons first, raise QA_LLM_ANSWER_TOKENS"
        assert failure(server) == ([], f"the language model's server returned an empty reply; {advice}")
    assert pauses == []


def test_a_malformed_event_is_reported(pauses: list[float]) -> None:
    sentence = "the language model's server sent a malformed reply"
    with ScriptedModel(Reply(["Bees ", b"data: {oops\n\n"])) as server:
        assert failure(server) == (["Bees "], sentence)
    with ScriptedModel(Reply([b"data: {oops\n\n"])) as server:
        assert failure(server) == ([], sentence)
    assert pauses == []


@pytest.mark.parametrize("page", [b"<!DOCTYPE html>\n<p>Welcome!</p>", b"Not ready"], ids=["a web page", "words"])
def test_what_is_neither_events_nor_json_is_no_answer(page: bytes, pauses: list[float]) -> None:
    with ScriptedModel(sent(page, "text/html")) as server:
        _, message = failure(server)
    assert message == "the language model's server sent a malformed reply: neither events nor JSON; check its address"
    assert pauses == []


# --- what may pass --------------------------------------------------------------------------------------------------

CUT_HEADERS = Reply([b"HTTP/1.1 200 OK\r\nContent-"], bare=True)
TRANSIENT = [
    pytest.param(Reply(status=429), "is busy (429)", id="429"),
    pytest.param(Reply(status=503), "is busy (503)", id="503"),
    pytest.param(
        Reply(status=503, body='{"error": {"message": "Loading model", "code": 503}}'),
        "is loading the model (503); try again later",
        id="503 while llama.cpp loads",
    ),
    pytest.param(
        Reply(status=503, body='{"error": "Model bee is currently loading", "estimated_time": 20.0}'),
        "is loading the model (503); try again later",
        id="503 while Hugging Face loads",
    ),
    pytest.param(Reply(status=500, body="<html>"), "failed (500)", id="500"),
    pytest.param(Reply(status=502, body="<html>"), "failed (502)", id="502"),
    pytest.param(Reply(status=504), "failed (504)", id="504"),
    pytest.param(Reply(status=522), "failed (522)", id="522"),
    pytest.param(Reply([CUT], bare=True), "closed the connection before the reply was complete", id="cut at once"),
    pytest.param(CUT_HEADERS, "closed the connection before the reply was complete", id="cut in the headers"),
    pytest.param(Reply([CUT]), "closed the connection before the reply was complete", id="cut before the first word"),
    pytest.param(Reply([b"oops"], bare=True), "closed the connection before the reply was complete", id="no HTTP"),
    pytest.param(Reply([{"error": {"code": 503, "message": KEY}}]), "is busy (503)", id="503 in the stream"),
    pytest.param(Reply([{"error": {"code": "429", "message": KEY}}]), "is busy (429)", id="429 in digits"),
    pytest.param(Reply([{"error": {"message": "overloaded_error"}}]), "is busy", id="busy without a status"),
]


@pytest.mark.parametrize(("bad", "sentence"), TRANSIENT)
def test_a_transient_error_is_tried_three_times(bad: Reply, sentence: str, pauses: list[float]) -> None:
    with ScriptedModel(bad) as server:
        assert failure(server) == ([], f"the language model's server {sentence}")
    assert len(server.requests) == 3
    assert pauses == [0.5, 1.0]


@pytest.mark.parametrize("bad", [pytest.param(case.values[0], id=case.id) for case in TRANSIENT])
def test_a_transient_error_that_passes_is_not_reported(bad: Reply, pauses: list[float]) -> None:
    with ScriptedModel([bad, bad, GOOD]) as server:
        assert ask(server) == ["Bees ", "dance ", "[1]."]
    assert len(server.requests) == 3
    assert pauses == [0.5, 1.0]


def test_a_server_that_is_not_there_is_tried_three_times(pauses: list[float]) -> None:
    with socket.socket() as taken:
        # Bound but not listening, so that no other process can use the port.
        taken.bind(("127.0.0.1", 0))
        model = model_at(f"http://127.0.0.1:{taken.getsockname()[1]}/v1")
        with pytest.raises(LanguageModelError) as raised:
            next(model.stream(PROMPT, 50))
    assert str(raised.value) == "the language model's server could not be reached"
    assert pauses == [0.5, 1.0]


def test_a_host_that_is_not_known_could_not_be_reached(pauses: list[float]) -> None:
    with pytest.raises(LanguageModelError, match="could not be reached"):
        next(model_at("http://nowhere..invalid/v1").stream(PROMPT, 50))
    assert pauses == [0.5, 1.0]


def in_an_hour() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)


@pytest.mark.parametrize(
    ("retry_after", "expected"),
    [
        ("0", 0.0),
        ("7", 7.0),
        ("0.25", 0.25),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 99999999999 07:28:00 GMT", 0.5),
        ("soon", 0.5),
        ("-3", 0.5),
    ],
)
def test_the_server_says_when_to_try_again(retry_after: str, expected: float, pauses: list[float]) -> None:
    with ScriptedModel([Reply(status=429, headers={"Retry-After": retry_after}), GOOD]) as server:
        assert ask(server) == ["Bees ", "dance ", "[1]."]
    assert pauses == [expected]


@pytest.mark.parametrize("retry_after", ["31", "9" * 400, in_an_hour()], ids=["31", "400 digits", "in an hour"])
def test_a_retry_after_beyond_the_timeout_is_not_waited_for(retry_after: str, pauses: list[float]) -> None:
    with ScriptedModel(Reply(status=429, headers={"Retry-After": retry_after})) as server:
        assert failure(server, llm_timeout_seconds=30) == ([], "the language model's server is busy (429)")
    assert len(server.requests) == 1
    assert pauses == []


def test_pauses_are_waited_for() -> None:
    with ScriptedModel([Reply(status=503, headers={"Retry-After": "0.05"}), GOOD]) as server:
        start = monotonic()
        assert ask(server) == ["Bees ", "dance ", "[1]."]
        assert monotonic() - start >= 0.05


# --- what breaks off in the middle ----------------------------------------------------------------------------------

BARE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
BEES = b'data: {"choices": [{"delta": {"content": "Bees "}}]}\n\n'


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(Reply(["Bees ", CUT]), id="cut"),
        pytest.param(Reply(["Bees ", b"data: {", CUT]), id="cut in an event"),
        pytest.param(Reply(["Bees "], finish=None), id="no word of its end"),
        pytest.param(Reply([BARE, BEES], bare=True), id="cut where the end of the connection is the end"),
    ],
)
def test_a_reply_that_has_begun_is_not_tried_again(broken: Reply, pauses: list[float]) -> None:
    with ScriptedModel(broken) as server:
        assert failure(server) == (
            ["Bees "],
            "the language model's server closed the connection before the reply was complete",
        )
    assert len(server.requests) == 1
    assert pauses == []


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ({"error": {"message": f"{KEY} Do bees dance?"}}, "reported an error"),
        ({"error": {"message": KEY, "code": "invalid_request"}}, "reported an error"),
        ({"error": KEY}, "reported an error"),
        ({"detail": KEY}, "reported an error"),
        ({"detail": [{"msg": KEY}]}, "reported an error"),
        ({"message": KEY, "object": "error"}, "reported an error"),
        ({"message": KEY, "object": "error", "code": 400}, "refused the request (400)"),
        ({"choices": [{"delta": {"content": ""}, "finish_reason": "error"}]}, "reported an error"),
        ({"choices": [{"delta": {}, "error": {"code": 502, "message": KEY}}]}, "failed (502)"),
        ({"error": {"code": "server_error"}, "choices": [{"delta": {"content": ""}}]}, "reported an error"),
        (b'error: {"code": 500, "message": "failed to decode"}\n\n', "failed (500)"),
        ({"error": {"message": "invalid_api_key"}}, "rejected the API key"),
        (
            {"choices": [{"delta": {}, "finish_reason": "content_filter"}]},
            "withheld the reply: its content filter stopped it; use another model",
        ),
    ],
    ids=str,
)
def test_an_error_in_the_middle_is_reported_in_our_words(error: Part, sentence: str, pauses: list[float]) -> None:
    with ScriptedModel(Reply(["Bees ", error])) as server:
        assert failure(server, llm_key=KEY) == (["Bees "], f"the language model's server {sentence}")
    assert pauses == []


def test_a_prompt_that_is_too_long_may_be_reported_with_the_status_of_success() -> None:
    for body in (
        b'{"error": "context length exceeded"}',
        b'error: {"code": 500, "message": "context size exceeded"}\n',
    ):
        with ScriptedModel(sent(body, "application/json")) as server, pytest.raises(PromptTooLongError):
            ask(server)


# --- time and size --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "received"),
    [
        pytest.param(Reply([STALL], bare=True), [], id="no headers"),
        pytest.param(Reply([b"HTTP/1.1 200 OK\r\nX: ", Forever(b".")], bare=True), [], id="headers drip"),
        pytest.param(Reply([Forever(b"HTTP/1.1 102 Processing\r\n\r\n")], bare=True), [], id="not yet, not yet"),
        pytest.param(Reply([STALL]), [], id="no word"),
        pytest.param(Reply(["Bees ", STALL]), ["Bees "], id="no further word"),
        pytest.param(Reply([Forever(b": keep-alive\n\n")]), [], id="comments"),
        pytest.param(Reply(["Bees ", Forever(b": keep-alive\n\n")]), ["Bees "], id="comments after a word"),
        pytest.param(Reply(["Bees ", Forever(EMPTY_CHUNK)]), ["Bees "], id="empty words"),
        pytest.param(Reply(["Bees ", b"data: ", Forever(b".")]), ["Bees "], id="a line without end"),
        pytest.param(Reply([BARE, BEES, Forever(b".")], bare=True), ["Bees "], id="bytes without end"),
        pytest.param(Reply(["Bees", threading.Event()], whole=True), [], id="no whole reply"),
    ],
)
def test_a_silence_ends_with_the_idle_timeout(reply: Reply, received: Sequence[str], pauses: list[float]) -> None:
    with ScriptedModel(reply) as server, within(10):
        sentence = "the language model's server timed out: no data for 1.5 s"
        assert failure(server, llm_idle_timeout_seconds=1.5) == (received, sentence)
        assert len(server.requests) == 1
        assert server.requests[0].hung_up.wait(10)
    assert pauses == []


@pytest.mark.parametrize(
    "slow", ["word ", b'data: {"choices": [{"delta": {"reasoning": "hm "}}]}\n\n'], ids=["words", "thoughts"]
)
def test_a_reply_ends_with_the_timeout(slow: str | bytes) -> None:
    with ScriptedModel(Reply([Forever(slow)])) as server, within(10):
        received, sentence = failure(server, 100_000, llm_timeout_seconds=3.2, llm_idle_timeout_seconds=3)
        assert server.requests[0].hung_up.wait(10)
    assert sentence == "the language model's server timed out: no complete reply within 3.2 s"
    assert set(received) <= {"word "}
    assert bool(received) == (slow == "word ")


def test_all_attempts_share_one_timeout() -> None:
    with ScriptedModel(
        [Reply(status=503, headers=RETRY_AT_ONCE), Reply(status=503, headers=RETRY_AT_ONCE), Reply([STALL])]
    ) as server:
        with within(10):
            _, sentence = failure(server, llm_timeout_seconds=3.2)
        assert sentence == "the language model's server timed out: no complete reply within 3.2 s"
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    "part",
    ["word " * 20, b'data: {"choices": [{"delta": {"reasoning_content": "%b"}}]}\n\n' % (b"hm " * 30)],
    ids=["words", "thoughts"],
)
def test_a_reply_without_end_is_cut_off(part: str | bytes) -> None:
    with ScriptedModel(Reply([Forever(part)])) as server, within(15):
        received, sentence = failure(server, 50)
        assert server.requests[0].hung_up.wait(10)
    assert sentence == "the language model's reply exceeded 800 characters and was truncated"
    assert len("".join(received)) <= 800


def test_an_event_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.models.llm_client._MAX_BYTES_PER_CHARACTER", 10)
    with ScriptedModel(Reply([b"data: ", Forever(b"." * 1000)])) as server, within(15):
        assert failure(server, 50) == ([], "the language model's reply exceeded 8,000 bytes and was truncated")
        assert server.requests[0].hung_up.wait(10)


def test_closing_the_stream_closes_the_connection() -> None:
    before = set(threading.enumerate())
    with ScriptedModel(Reply(["Bees ", STALL])) as server:
        pieces = model_at(server.url).stream(PROMPT, 50)
        assert next(pieces) == "Bees "
        pieces.close()
        assert server.requests[0].hung_up.wait(10)
    assert set(threading.enumerate()) == before


def test_a_server_is_asked_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with ScriptedModel(Reply(["Bees ", STALL]), tls) as server:
        with pytest.raises(LanguageModelError, match="could not be reached"):
            ask(server)
        assert len(pauses) == 2
        assert server.requests == []
        authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        with within(10):
            sentence = "the language model's server timed out: no data for 1.5 s"
            assert failure(server, llm_idle_timeout_seconds=1.5) == (["Bees "], sentence)
            assert server.requests[0].hung_up.wait(10)


# --- the key --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("pauses")
def test_a_key_is_sent_to_its_server_alone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}"}})
    script = [Reply(status=500, body=echo), Reply(status=503, body=echo), Reply(status=401, body=echo)]
    with ScriptedModel(script) as server:
        model = model_at(f"{server.url}?api-key={KEY}", llm_key=KEY)
        with pytest.raises(LanguageModelError) as raised:
            list(model.stream(PROMPT, 50))
    assert [request.headers["authorization"] for request in server.requests] == [f"Bearer {KEY}"] * 3
    error: BaseException | None = raised.value
    while error:
        assert KEY not in f"{error!s}{error!r}"
        error = error.__cause__ or error.__context__
    assert KEY not in repr(model)
    assert "httpcore" in {record.name.split(".")[0] for record in caplog.records}
    assert not [record for record in caplog.records if KEY in record.getMessage() or "Do bees" in record.getMessage()]


def test_a_token_of_the_hub_is_not_sent_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_for_the_hub_alone")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with ScriptedModel(GOOD) as server:
        ask(server)
    assert "authorization" not in server.requests[0].headers
    assert "hf_for_the_hub_alone" not in repr(server.requests[0])


@pytest.mark.parametrize(
    ("url", "key", "sent"),
    [
        ("https://router.huggingface.co/v1", "", "hf_token"),
        ("https://huggingface.co/v1", "", "hf_token"),
        ("HTTPS://Router.HuggingFace.co/v1", "", "hf_token"),
        ("https://router.huggingface.co/v1", " sk-own\n", "sk-own"),
        ("http://router.huggingface.co/v1", "", ""),
        ("https://router.huggingface.co.example.org/v1", "", ""),
        ("https://nothuggingface.co/v1", "", ""),
        ("https://example.org/huggingface.co", "", ""),
        ("https://example.org/v1?huggingface.co", "", ""),
        ("http://localhost:11434/v1", "", ""),
        ("http://localhost:11434/v1", "sk-own", "sk-own"),
    ],
)
def test_the_key_is_the_setting_or_for_the_hub_its_token(
    url: str, key: str, sent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", " hf_token\n")
    assert model_at(url, llm_key=key).key.get_secret_value() == sent


@pytest.mark.parametrize("key", ["sk two", "sk\nInjected: header", "sk-\u00e4"])
@pytest.mark.parametrize("variable", ["QA_LLM_KEY", "HF_TOKEN"])
def test_an_invalid_key_is_refused_and_not_shown(key: str, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, key)
    with pytest.raises(QAError, match=variable) as raised:
        make_language_model(Settings(llm_model="bee"))
    assert key not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:11434",
        "router.huggingface.co/v1",
        "ftp://example.org/v1",
        "http:///v1",
        "http://:80/v1",
        "http://localhost:port/v1",
        "http://localhost:99999/v1",
        "http://localhost:0/v1",
        "http://[::1/v1",
        "http://b\u00fccher.example/v1",
        "http://example.org/v 1",
        "http://me:secret@example.org/v1",
        "sk-secret-in-the-wrong-place",
    ],
)
def test_an_invalid_address_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(QAError, match="QA_LLM_URL") as raised:
        make_language_model(Settings(llm_model="bee", llm_url=url))
    assert "secret" not in str(raised.value)


def test_making_a_model_loads_no_client() -> None:
    program = (
        "from qa import Settings; from qa.models.llm_client import make_language_model; import sys;"
        "make_language_model(Settings(llm_model='bee'));"
        "print([name for name in ('httpcore', 'httpx', 'huggingface_hub') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
