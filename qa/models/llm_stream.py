"""The reply of a chat model in the OpenAI protocol: server-sent events, lines of JSON, or one JSON object."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import IncrementalNewlineDecoder
from itertools import chain, dropwhile
from typing import TYPE_CHECKING, Any

from qa.errors import LanguageModelError, TruncatedReplyError

if TYPE_CHECKING:
    import httpx

# What opens and closes reasoning at the start of a reply.
_REASONING = {
    **{f"<{name}>": f"</{name}>" for name in ("think", "thinking", "thought", "reasoning")},
    "[THINK]": "[/THINK]",  # Mistral
    "<|channel|>": "final<|message|>",  # gpt-oss
}
_END_THINK = re.compile(r"^[^`\n]*</think>[^\S\n]*$", re.MULTILINE)
_FIELD = re.compile(r"[a-z]*:")  # of a server-sent event; that of a comment has no name
_DONE = "[DONE]"
_STATUS = re.compile(r"[1-5][0-9]{2}")
_WITHHELD = "the language model's server withheld the reply: its content filter stopped it; use another model"
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
    """Yield the events of a reply as they arrive.

    The body says how it is written, since servers name wrong types. A reply in another format raises a
    `LanguageModelError`.
    """
    # We ask for no compression: a compressed reply could be far larger than the bytes counted.
    if response.headers.get("content-encoding", "identity") != "identity":
        raise LanguageModelError(_MALFORMED)
    lines = dropwhile(lambda line: not line.strip(), _lines(response.iter_raw()))
    first = next(lines, ":")
    try:
        if first.lstrip().startswith(("{", "[")):
            yield from map(_event, _json_lines(first, lines))
        elif _FIELD.match(first):
            yield from map(_event, _server_sent(chain([first], lines)))
        else:
            raise LanguageModelError(f"{_MALFORMED}: neither events nor JSON; check its address")
    except ValueError as error:
        raise LanguageModelError(_MALFORMED) from error


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Yield the lines of a body, which end in LF, CR LF or CR, without a byte order mark."""
    decoder = IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8-sig")("replace"), translate=True)
    pending: list[str] = []
    for piece in chain(filter(None, pieces), [b""]):
        *ended, rest = decoder.decode(piece, final=not piece).split("\n")
        for line in ended:
            yield "".join([*pending, line])
            pending = []
        pending.append(rest)
    yield "".join(pending)


def _json_lines(first: str, lines: Iterator[str]) -> Iterator[Any]:
    """Yield the JSON of each line; if the first is not complete or the only one, all lines are one reply."""
    try:
        yield _json(first)
    except ValueError:
        yield _json("\n".join([first, *lines]))
    is_only = True
    for line in filter(str.strip, lines):
        is_only = False
        yield _json(line)
    if is_only:
        yield _DONE


def _server_sent(lines: Iterable[str]) -> Iterator[Any]:
    """Yield the JSON of each event, without waiting for the blank line that ends it: some servers send none."""
    data: list[str] = []
    for line in lines:
        name, _, value = line.partition(":")
        if name in {"data", "error"} and value.strip():
            # llama.cpp calls the data of an error "error".
            data.append(value if name == "data" else f'{{"error": {value}}}')
        elif line.strip():
            continue
        if len(data) == 1 or (data and not line.strip()):
            try:
                event = _json("\n".join(data))
            except ValueError:
                if not line.strip():
                    raise
            else:
                data = []
                yield event


def _json(text: str) -> Any:  # noqa: ANN401 -- any JSON
    if text.strip() == _DONE:
        return _DONE
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError(text[:80]) from error


def _event(event: Any) -> StreamEvent:  # noqa: ANN401 -- any JSON
    match event:
        case "[DONE]":
            return StreamEvent(done=True)
        case {"error": error} | {"choices": [{"error": error}, *_]} if error:
            return StreamEvent(error=(_status(error, event), json.dumps(event)))
        case {"detail": error} | {"message": str(error)} if error and "choices" not in event:
            return StreamEvent(error=(_status(event), json.dumps(event)))
        case {"choices": [{"finish_reason": "error"}, *_]}:
            return StreamEvent(error=(None, json.dumps(event)))
        case {"choices": [{"finish_reason": "content_filter"}, *_]}:
            raise LanguageModelError(_WITHHELD)
        case {"choices": [{**choice}, *_]}:
            is_whole = "message" in choice and "delta" not in choice
            message: Any = choice.get("message" if is_whole else "delta") or {}
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
                    return StreamEvent(text, reasoning, bool(ended) or is_whole, ended in ("length", "max_tokens"))
        case {"choices": [] | None} | {"usage": _}:
            return StreamEvent()
    raise ValueError("unknown kind of event")


def _status(*objects: object) -> int | None:
    """Return the HTTP status that an error names, as a number or in digits."""
    codes = (one.get(name) for one in objects if isinstance(one, dict) for name in ("code", "status", "status_code"))
    return next((int(code) for code in map(str, codes) if _STATUS.fullmatch(code)), None)


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
    """Return a reply without what ends in ``</think>`` on a line; some chat templates open the reasoning themselves."""
    end = _END_THINK.search(reply)
    return reply[end.end() :].lstrip() if end and "<think>" not in reply[: end.end()] else reply
