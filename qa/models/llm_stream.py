"""The reply of a chat model, as the OpenAI protocol sends it: server-sent events, or one JSON object."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from qa.errors import LanguageModelError

_MOST_BYTES = 1_000_000
_THINK, _THOUGHT = "<think>", "</think>"
MALFORMED = "the language model's server sent a reply that cannot be understood"


@dataclass(frozen=True, slots=True)
class Said:
    """What one event of a reply says.

    Attributes
    ----------
    text, thought : str
        Words of the answer, and words that the model says to itself.
    last : bool
        The reply is whole.
    error : (int or None, str), optional
        What went wrong on the server: a status as of HTTP, if it gives one, and its words.
    """

    text: str = ""
    thought: str = ""
    last: bool = False
    error: tuple[int | None, str] | None = None


def read_events(pieces: Iterable[bytes]) -> Iterator[Said]:
    """Yield what each event of a stream says.

    Parameters
    ----------
    pieces : iterable of bytes
        As they come in, cut anywhere.

    Raises
    ------
    LanguageModelError
        If an event cannot be understood, or has no end.
    """
    held = b""
    for piece in pieces:
        *lines, held = (held + piece).split(b"\n")
        if len(held) > _MOST_BYTES:
            raise LanguageModelError(MALFORMED)
        for line in lines:
            # Lines of other fields, comments and the empty ones between events say nothing.
            if line.startswith(b"data:"):
                data = line.removeprefix(b"data:").strip()
                yield Said(last=True) if data == b"[DONE]" else _understood(data, "delta")


def read_whole(pieces: Iterable[bytes]) -> Iterator[Said]:
    """Yield what a reply says that is one JSON object; parameters and errors are those of `read_events`."""
    data = b""
    for piece in pieces:
        data += piece
        if len(data) > _MOST_BYTES:
            raise LanguageModelError(MALFORMED)
    yield _understood(data, "message")
    yield Said(last=True)


def _understood(data: bytes, within: str) -> Said:
    try:
        said = json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise LanguageModelError(MALFORMED) from error
    match said:
        case {"error": error} if error:
            return Said(error=_error(error))
        case {"choices": [{**choice}, *_]}:
            words: Any = choice.get(within) or {}
            if isinstance(words, dict):
                text = words.get("content") or ""
                thought = words.get("reasoning_content") or words.get("reasoning") or ""
                if isinstance(text, str):
                    return Said(
                        text, thought if isinstance(thought, str) else "", last=bool(choice.get("finish_reason"))
                    )
        case {"choices": []} | {"usage": _}:
            return Said()
    raise LanguageModelError(MALFORMED)


def _error(error: object) -> tuple[int | None, str]:
    match error:
        case {"code": int(code)} | {"status": int(code)} if 100 <= code < 600:
            return code, json.dumps(error)
    return None, ""


def answer_of(replies: Iterable[Said]) -> Iterator[str]:
    """Yield the words of the answer, never empty: no thought at its start, no white space before it, whole characters.

    A thought is what comes as such, or stands between ``<think>`` and ``</think>``. Halves of a character that come in
    two pieces are joined; a half alone becomes U+FFFD.
    """
    decoder = codecs.getincrementaldecoder("utf-16-le")("replace")
    start: str | None = ""
    for reply in replies:
        text = decoder.decode(reply.text.encode("utf-16-le", "surrogatepass"), final=reply.last)
        if start is not None:
            text, start = _begun(start + text)
        if text:
            yield text
    if start and not start.startswith(_THINK):
        yield start


def _begun(text: str) -> tuple[str, str | None]:
    """Return what of the start of a reply is answer, and what must wait for more; None once the answer has begun."""
    while (text := text.lstrip()).startswith(_THINK):
        _, ended, rest = text.partition(_THOUGHT)
        if not ended:
            return "", text
        text = rest
    return ("", text) if _THINK.startswith(text) else (text, None)
