"""A language model on a server that speaks the OpenAI protocol: Hugging Face's, OpenAI's, Ollama, llama.cpp, vLLM.

The requests are made with httpcore, as `qa.documents.web_pages` makes its own, so that one clock bounds each of them
whatever the server does, and closing the connection ends it. ``huggingface_hub.InferenceClient`` would not serve.
Without a key it sends the token that is stored on the machine to any server; with ``HF_HUB_OFFLINE`` set it refuses one
on the same machine; it follows redirects with the whole prompt; and its limit is one on each read, so that a server
which drips bytes is waited for without end, and cannot be left.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic, sleep
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit, urlunsplit

from pydantic import SecretStr

from qa.errors import FetchError, LanguageModelError, QAError
from qa.models.llm_stream import MALFORMED, Said, answer_of, read_events, read_whole
from qa.settings import Settings
from qa.types import LanguageModel, Message

if TYPE_CHECKING:
    import httpcore

    from qa.network import Deadline

# A token is seldom longer; what goes on beyond it does not end by itself.
_CHARACTERS_A_TOKEN = 16
_PAUSES = (0.5, 1.0)
_BUSY = {429, 503}
_PASSING = {429, 500, 502, 503, 504}
_REFUSAL_BYTES = 20_000
_TOO_LONG = re.compile(
    r"context[ _](length|size|window)|too many tokens|max_new_tokens|(prompt|input)s? (is|are) too long",
    re.IGNORECASE,
)
_SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)
_VISIBLE = re.compile(r"[!-~]*")
_SERVER = "the language model's server"


def make_language_model(settings: Settings) -> LanguageModel | None:
    """Return the model that the settings name; None where they name none. Nothing is asked of it yet.

    Raises
    ------
    QAError
        If the address or the key cannot be one. Neither is shown: what was meant as a key may stand in either.
    """
    if not settings.llm_model:
        return None
    parts = _address(settings.llm_url)
    variable, key = "QA_LLM_KEY", settings.llm_key.get_secret_value().strip()
    host = parts.hostname or ""
    if not key and parts.scheme == "https" and (host == "huggingface.co" or host.endswith(".huggingface.co")):
        variable, key = "HF_TOKEN", os.environ.get("HF_TOKEN", "").strip()
    if not _VISIBLE.fullmatch(key):
        raise QAError(f"{variable} (not shown): a key has neither spaces nor letters beyond ASCII")
    url = urlunsplit((parts.scheme, parts.netloc, f"{parts.path.rstrip('/')}/chat/completions", parts.query, ""))
    return ServedModel(
        settings.llm_model, url, SecretStr(key), settings.llm_timeout_seconds, settings.llm_idle_timeout_seconds
    )


def _address(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        well_formed = bool(parts.hostname) and parts.port != 0 and _VISIBLE.fullmatch(url.strip())
    except ValueError:
        well_formed = False
    if not well_formed or parts.scheme not in {"http", "https"}:
        raise QAError("QA_LLM_URL (not shown): must start with http:// or https:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise QAError("QA_LLM_URL (not shown): holds a user name or password; set QA_LLM_KEY instead")
    return parts


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A language model behind a web address.

    It asks at temperature 0 and tries up to three times where that can help and no word has come yet: when the server
    is busy, fails, cannot be reached or breaks off. It is not found through a proxy, and is not followed elsewhere.

    Attributes
    ----------
    name : str
        As the server knows it.
    url : str
        Of its chat completions.
    key : SecretStr
        Sent to no other server; none if empty.
    seconds : float
        Most that a reply may take, all tries together.
    silence_seconds : float
        Longest wait for the next words of the answer, or of thought before it.
    """

    name: str
    url: str = field(repr=False)
    key: SecretStr = field(repr=False)
    seconds: float
    silence_seconds: float

    def stream(self, messages: Sequence[Message], most_tokens: int) -> Generator[str, None, None]:
        """Yield the reply piece by piece; what a model thinks before it answers is left out.

        The clock starts when the first piece is asked for. Closing the iterator closes the connection.

        Raises
        ------
        LanguageModelError
            If there is no reply, or not a whole one; says why in one sentence that a visitor may read.
        """
        from qa.network import Deadline

        end = monotonic() + self.seconds
        body = {
            "model": self.name,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "max_tokens": most_tokens,
            "temperature": 0,
            "stream": True,
        }
        for pause in (*_PAUSES, None):
            begun = False
            deadline = Deadline(min(end, monotonic() + self.silence_seconds))
            try:
                with self._ask(json.dumps(body).encode(), deadline, end) as response:
                    for piece in answer_of(self._heard(response, deadline, end, most_tokens * _CHARACTERS_A_TOKEN)):
                        begun = True
                        yield piece
            except _TransientError as failure:
                wait = pause if failure.wait is None else failure.wait
                if begun or pause is None or wait is None or monotonic() + wait >= end:
                    raise
                sleep(wait)
            else:
                if begun:
                    return
                raise LanguageModelError(f"{_SERVER} gave an empty reply")

    @contextmanager
    def _ask(self, body: bytes, deadline: Deadline, end: float) -> Iterator[httpcore.Response]:
        """Make the request; what goes wrong until the end of the block becomes a LanguageModelError."""
        import httpcore

        from qa.network import Network

        headers: dict[bytes | str, bytes | str] = {
            "Host": urlsplit(self.url).netloc,
            "Content-Type": "application/json",
            "Accept": "text/event-stream, application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "cited-qa",
            "Connection": "close",
        }
        if key := self.key.get_secret_value():
            headers["Authorization"] = f"Bearer {key}"
        # Who runs the bot names the server, which may well be on the same machine.
        network = Network(allowed=lambda _: True)
        extensions = {"timeout": {"connect": network.connect_seconds}}
        try:
            with (
                network.pool(deadline) as pool,
                pool.stream("POST", self.url, headers=headers, content=body, extensions=extensions) as response,
            ):
                if response.status != 200:
                    raise self._refusal(response)
                yield response
        except (httpcore.ConnectError, httpcore.ConnectTimeout, FetchError) as error:
            raise _TransientError(f"{_SERVER} could not be reached") from error
        except httpcore.TimeoutException as error:
            if monotonic() >= end:
                raise LanguageModelError(f"{_SERVER} did not finish within {self.seconds:g} s") from error
            raise LanguageModelError(f"{_SERVER} said nothing for {self.silence_seconds:g} s") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _TransientError(f"{_SERVER} broke off before its answer was whole") from error

    def _heard(self, response: httpcore.Response, deadline: Deadline, end: float, most: int) -> Iterator[Said]:
        """Yield what comes in until it says that it is whole; `most` counts characters."""
        kind = _header(response, b"content-type").lower()
        if kind.startswith("text/html"):
            raise LanguageModelError(MALFORMED)
        received = 0
        for said in (read_whole if kind.startswith("application/json") else read_events)(response.iter_stream()):
            if said.error is not None:
                raise self._failure(*said.error)
            received += len(said.text) + len(said.thought)
            if received > most:
                raise LanguageModelError(f"{_SERVER} went on and on; it was cut off after {most:,} characters")
            yield said
            if said.last:
                return
            if said.text or said.thought:
                # What was done with the words meanwhile is not the server's silence.
                deadline.at = min(end, monotonic() + self.silence_seconds)
        raise _TransientError(f"{_SERVER} broke off before its answer was whole")

    def _refusal(self, response: httpcore.Response) -> LanguageModelError:
        said = b""
        if response.status in {400, 413, 422}:
            for piece in response.iter_stream():
                said += piece
                if len(said) > _REFUSAL_BYTES:
                    break
        return self._failure(response.status, said.decode("utf-8", "replace"), _header(response, b"retry-after"))

    def _failure(self, status: int | None, said: str, retry_after: str = "") -> LanguageModelError:
        """Put a refusal in our words: the server's may hold the key or the prompt, and are not for visitors."""
        if status is None:
            return LanguageModelError(f"{_SERVER} reported an error")
        if status in _PASSING:
            return _TransientError(
                f"{_SERVER} {'is busy' if status in _BUSY else 'failed'} ({status})", _wait(retry_after)
            )
        if status in {400, 413, 422} and (status == 413 or _TOO_LONG.search(said)):
            return LanguageModelError(f"the prompt is too long for the language model ({status})")
        reason = "refused the request"
        if status in {401, 403}:
            reason = "refused the key" if self.key.get_secret_value() else "wants a key"
        elif status == 402:
            reason = "wants to be paid"
        elif status == 404:
            reason = "knows no such model or address"
        elif 300 <= status < 400:
            reason = "sends to another address"
        return LanguageModelError(f"{_SERVER} {reason} ({status})")


class _TransientError(LanguageModelError):
    """A failure that may pass: `wait` is how many seconds the server says it will take; None if it does not say."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


def _header(response: httpcore.Response, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == name), "").strip()


def _wait(retry_after: str) -> float | None:
    """Return the seconds that a Retry-After header gives, as a number or as a moment (RFC 9110, 10.2.3)."""
    if _SECONDS.fullmatch(retry_after):
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds()) if moment.tzinfo else None
