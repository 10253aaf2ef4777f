"""The reply of a chat model in the OpenAI protocol: server-sent events, or one JSON object."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qa.errors import LanguageModelError, TruncatedReplyError

if TYPE_CHECKING:
    import httpx

# What opens and closes reasoning at the start of a reply.
_REASONING = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "[THINK]": "[/THINK]",  # Mistral
    "<|channel|>": "final<|message|>",  # gpt-oss
}
_END_THINK = re.compile(r"^[^\S\n]*</think>[^\S\n]*$", re.MULTILINE)
_UNSPECIFIC_TYPES = {"", "text/plain", "application/octet-stream"}
_MALFORMED = "the language model's server sent a malformed reply"


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event of a reply: a piece of the answer or of the model's reasoning, its end, or an error."""

    text: str = ""
    reasoning: str = ""
    done: bool = False
    truncated: bool = False  # whether it is done because it reached its limit of tokens
    error: tuple[int | None, str] | None = None  # the HTTP status of an error on the server, if given, and its message


def parse_reply(response: httpx.Response) -> Iterator[StreamEvent]:
    """Yield the events of a reply as they arrive; a reply in one JSON object becomes two events.

    One in another format raises a `LanguageModelError`.
    """
    from httpx_sse import EventSource, SSEError

    # We ask for no compression: a compressed reply could be far larger than the bytes counted.
    if response.headers.get("content-encoding", "identity") != "identity":
        raise LanguageModelError(_MALFORMED)
    response.encoding = "utf-8"
    content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type in _UNSPECIFIC_TYPES:  # simple servers
        response.headers["content-type"] = "text/event-stream"
    if content_type == "application/json":
        response.read()
        yield _parse(response.text, "message")
        yield StreamEvent(done=True)
        return
    try:
        for event in EventSource(response).iter_sse():
            data = event.data.strip()
            if data:
                yield StreamEvent(done=True) if data == "[DONE]" else _parse(data, "delta")
    except SSEError as error:
        raise LanguageModelError(_MALFORMED) from error


def _parse(data: str, key: str) -> StreamEvent:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise LanguageModelError(_MALFORMED) from error
    match event:
        case {"error": {"code": int(code)} | {"status": int(code)} as error} if 100 <= code < 600:
            return StreamEvent(error=(code, json.dumps(error)))
        case {"error": error} if error:
            return StreamEvent(error=(None, ""))
        case {"choices": [{**choice}, *_]}:
            message: Any = choice.get(key) or {}
            if isinstance(message, dict):
                text = message.get("content") or ""
                reasoning = message.get("reasoning_content") or message.get("reasoning") or ""
                if isinstance(text, list) and all(isinstance(part, dict) for part in text):
                    # Mistral's reasoning models send parts of the types "thinking" and "text".
                    reasoning = "".join(str(part.get("thinking", "")) for part in text)
                    text = "".join(str(part.get("text", "")) for part in text)
                if isinstance(text, str):
                    reasoning = reasoning if isinstance(reasoning, str) else ""
                    ended = choice.get("finish_reason")
                    return StreamEvent(text, reasoning, done=bool(ended), truncated=ended == "length")
        case {"choices": [] | None} | {"usage": _}:
            return StreamEvent()
    raise LanguageModelError(_MALFORMED)


def answer_text(events: Iterable[StreamEvent]) -> Iterator[str]:
    """Yield the non-empty pieces of the answer, without reasoning or white space at its start.

    Reasoning arrives in its own field, or between tags such as ``<think>`` and ``</think>``. The two halves of a
    surrogate pair are joined across pieces; a single half becomes U+FFFD.

    Raises
    ------
    TruncatedReplyError
        After the last piece of an answer that reached its limit of tokens.
    """
    decoder = codecs.getincrementaldecoder("utf-16-le")("replace")
    pending: str | None = ""
    for event in events:
        text = decoder.decode(event.text.encode("utf-16-le", "surrogatepass"), final=event.done)
        if pending is not None:
            text, pending = _strip_reasoning(pending + text)
        if text:
            yield text
        if event.truncated and pending is None:
            raise TruncatedReplyError("the language model's reply was cut off at its limit of tokens")
    if pending and not pending.startswith(tuple(_REASONING)):
        yield pending


def reply_text(pieces: Iterable[str]) -> str:
    """Return the text of a reply, as far as there is one if it was truncated."""
    text = ""
    with suppress(TruncatedReplyError):
        for piece in pieces:
            text += piece
    return text


def _strip_reasoning(text: str) -> tuple[str, str | None]:
    """Return the answer in the start of a reply, and the text to hold back; None once the answer has begun."""
    while opening := next(filter((text := text.lstrip()).startswith, _REASONING), None):
        _, ended, rest = text.partition(_REASONING[opening])
        if not ended:
            return "", text
        text = rest
    return ("", text) if any(opening.startswith(text) for opening in _REASONING) else (text, None)


def without_unopened_reasoning(reply: str) -> str:
    """Return a reply without what is before a line ``</think>``; some chat templates open the reasoning themselves."""
    end = _END_THINK.search(reply)
    return reply[end.end() :].lstrip() if end and "<think>" not in reply[: end.start()] else reply
