"""Client for a language model behind an OpenAI-compatible API: OpenAI, Hugging Face, Ollama, llama.cpp, vLLM.

One deadline bounds each request, whatever the server does, and closing the iterator closes the connection. We do not
use ``huggingface_hub.InferenceClient``: without a key, it sends the token stored on the machine to any server; with
``HF_HUB_OFFLINE`` set, it refuses a local server; it follows redirects with the whole prompt; and its timeout applies
to each read.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic, sleep
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit, urlunsplit

from pydantic import SecretStr

from qa.errors import FetchError, LanguageModelError, PromptTooLongError, QAError
from qa.models.llm_stream import StreamEvent, answer_text, parse_reply
from qa.protocols import ChatModel, Message
from qa.settings import LLAMA, Settings
from qa.types import JSONObject

if TYPE_CHECKING:
    import httpx

    from qa.network import Deadline

_MAX_CHARACTERS_PER_TOKEN = 16  # tokens are seldom longer: a longer reply would never end
_MAX_BYTES_PER_CHARACTER = 1000  # an event for one character takes a few hundred
_RETRY_SECONDS = (0.5, 1.0)
_BUSY = {429, 503}
_TRANSIENT = {429, 500, 502, 503, 504}
_MAX_ERROR_BYTES = 20_000
_TOO_LONG = re.compile(
    r"context[ _](length|size|window)|too many tokens|max_new_tokens|(prompt|input)s? (is|are) too long",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
_VISIBLE = re.compile(r"[!-~]*")
_SERVER = "the language model's server"


def make_language_model(settings: Settings, *, judge: bool = False) -> ChatModel | None:
    """Return the language model that the settings name, None if they name none; no request is made yet.

    With `judge`, the model that judges sentences rather than the one that writes them.

    Raises
    ------
    QAError
        If the address or key is invalid (neither is shown, since either may contain a key), a model in this process is
        not available, or its judge names no server.
    """
    variable = "QA_JUDGE" if judge and settings.judge != "same" else "QA_LLM_MODEL"
    name = settings.judge if variable == "QA_JUDGE" else settings.llm_model
    if not name:
        return None
    own = judge and bool(settings.judge_url)
    if name.startswith(LLAMA) and not own:
        from qa.models.llm_local import make_local_model

        return make_local_model(name, variable, settings)
    if settings.llm_model.startswith(LLAMA) and not own:
        raise QAError(
            f"{variable}={name}: names no server; set QA_JUDGE_URL, or QA_JUDGE to same, off or a local model"
        )
    variables = ("QA_JUDGE_URL", "QA_JUDGE_KEY") if own else ("QA_LLM_URL", "QA_LLM_KEY")
    parts = _address(settings.judge_url if own else settings.llm_url, *variables)
    # One server's key is never sent to another.
    variable, key = variables[1], (settings.judge_key if own else settings.llm_key).get_secret_value().strip()
    host = parts.hostname or ""
    if not key and parts.scheme == "https" and (host == "huggingface.co" or host.endswith(".huggingface.co")):
        variable, key = "HF_TOKEN", os.environ.get("HF_TOKEN", "").strip()
    if not _VISIBLE.fullmatch(key):
        raise QAError(f"{variable} (not shown): invalid key; use printable ASCII characters without spaces")
    url = urlunsplit((parts.scheme, parts.netloc, f"{parts.path.rstrip('/')}/chat/completions", parts.query, ""))
    return RemoteLanguageModel(
        name, url, SecretStr(key), settings.llm_timeout_seconds, settings.llm_idle_timeout_seconds
    )


def _address(url: str, variable: str, key_variable: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        well_formed = bool(parts.hostname) and parts.port != 0 and _VISIBLE.fullmatch(url.strip())
    except ValueError:
        well_formed = False
    if not well_formed or parts.scheme not in {"http", "https"}:
        raise QAError(f"{variable} (not shown): must start with http:// or https:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise QAError(f"{variable} (not shown): contains a user name or password; set {key_variable} instead")
    return parts


@dataclass(frozen=True, slots=True)
class RemoteLanguageModel:
    """A language model on a server.

    The temperature is 0. A request is tried up to three times after transient errors, unless text has been yielded.
    Proxies are not used, and redirects not followed.
    """

    name: str
    url: str = field(repr=False)
    """The chat completions endpoint."""
    key: SecretStr = field(repr=False)
    """Sent to this server only; may be empty."""
    timeout_seconds: float
    """Limit for a complete reply, retries included."""
    idle_timeout_seconds: float
    """Limit for the wait for the next piece of the answer or its reasoning."""
    schema: JSONObject | None = field(default=None, repr=False)
    """The JSON schema of the reply, and its name; if the server accepts none, a SchemaRefusedError is raised."""

    def with_schema(self, schema: JSONObject | None) -> RemoteLanguageModel:
        """Return the model with a schema for its replies, or without one."""
        return replace(self, schema=schema)

    def headers(self) -> dict[str, str]:
        """Return the headers of a request to the server, the key included."""
        headers = {
            "Content-Type": "application/json",
            "Accept": "text/event-stream, application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "cited-qa",
            "Connection": "close",
        }
        if key := self.key.get_secret_value():
            headers["Authorization"] = f"Bearer {key}"
        return headers

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Generator[str, None, None]:
        """Yield the reply piece by piece, without the model's reasoning.

        The clock starts with the request for the first piece. Closing the iterator closes the connection.

        Raises
        ------
        LanguageModelError
            If there is no complete reply; the message says why, and may be shown to visitors.
        """
        from qa.network import Deadline

        end = monotonic() + self.timeout_seconds
        body = {
            "model": self.name,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": True,
            **({"response_format": {"type": "json_schema", "json_schema": self.schema}} if self.schema else {}),
        }
        max_characters = max_tokens * _MAX_CHARACTERS_PER_TOKEN
        for pause in (*_RETRY_SECONDS, None):
            started = False
            deadline = Deadline(min(end, monotonic() + self.idle_timeout_seconds))
            try:
                with self._request(json.dumps(body).encode(), deadline, end, max_characters) as response:
                    for piece in answer_text(self._events(response, deadline, end, max_characters)):
                        started = True
                        yield piece
            except _TransientError as error:
                wait = pause if error.retry_after is None else error.retry_after
                if started or pause is None or wait is None or monotonic() + wait >= end:
                    raise
                sleep(wait)
            else:
                if started:
                    return
                raise LanguageModelError(f"{_SERVER} returned an empty reply")

    @contextmanager
    def _request(self, body: bytes, deadline: Deadline, end: float, max_characters: int) -> Iterator[httpx.Response]:
        """Make the request; network errors until the end of the block become LanguageModelErrors."""
        import httpcore
        import httpx

        from qa.models.llm_transport import exchange

        max_bytes = max_characters * _MAX_BYTES_PER_CHARACTER
        try:
            with exchange(self.url, self.headers(), body, deadline, max_bytes) as response:
                if response.status_code != 200:
                    told = next(response.iter_raw(_MAX_ERROR_BYTES), b"") if response.status_code in {400, 422} else b""
                    retry_after = response.headers.get("retry-after", "")
                    raise self._failure(response.status_code, told.decode("utf-8", "replace"), retry_after)
                yield response
        except (httpcore.ConnectError, httpcore.ConnectTimeout, httpx.InvalidURL, FetchError) as error:
            raise _TransientError(f"{_SERVER} could not be reached") from error
        except httpcore.TimeoutException as error:
            limit = f"no data for {self.idle_timeout_seconds:g} s"
            if monotonic() >= end:
                limit = f"no complete reply within {self.timeout_seconds:g} s"
            raise LanguageModelError(f"{_SERVER} timed out: {limit}") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _TransientError(f"{_SERVER} closed the connection before the reply was complete") from error

    def _events(
        self, response: httpx.Response, deadline: Deadline, end: float, max_characters: int
    ) -> Iterator[StreamEvent]:
        """Yield the events of a reply up to the one that completes it."""
        received = 0
        for event in parse_reply(response):
            if event.error is not None:
                raise self._failure(*event.error)
            received += len(event.text) + len(event.reasoning)
            if received > max_characters:
                raise LanguageModelError(
                    f"the language model's reply exceeded {max_characters:,} characters and was truncated"
                )
            yield event
            if event.done:
                return
            if event.text or event.reasoning:
                # The caller's own time does not count.
                deadline.at = min(end, monotonic() + self.idle_timeout_seconds)
        raise _TransientError(f"{_SERVER} closed the connection before the reply was complete")

    def _failure(self, status: int | None, body: str, retry_after: str = "") -> LanguageModelError:
        """Return an error in our own words: the server's message may contain the key or the prompt."""
        if status is None:
            return LanguageModelError(f"{_SERVER} reported an error")
        if status in _TRANSIENT:
            return _TransientError(
                f"{_SERVER} {'is busy' if status in _BUSY else 'failed'} ({status})", _seconds(retry_after)
            )
        if status == 413 or (status in {400, 422} and _TOO_LONG.search(body)):
            return PromptTooLongError(f"the prompt is too long for the language model ({status})")
        if status in {400, 422} and self.schema:
            return SchemaRefusedError(f"{_SERVER} refused the request ({status})")
        reason = f"refused the request ({status})"
        if status in {401, 403} and self.key.get_secret_value():
            reason = f"rejected the API key ({status})"
        elif status in {401, 403}:
            reason = f"requires an API key ({status}); set QA_LLM_KEY"
        elif status == 402:
            reason = f"refused the request: payment required ({status})"
        elif status == 404:
            reason = f"refused the request: model or endpoint not found ({status}); check QA_LLM_MODEL and QA_LLM_URL"
        elif 300 <= status < 400:
            reason = f"redirects elsewhere ({status}); redirects are not followed"
        return LanguageModelError(f"{_SERVER} {reason}")


class SchemaRefusedError(LanguageModelError):
    """The server refused a request with a schema, and may accept it without."""


class _TransientError(LanguageModelError):
    """A failure that a retry may cure, after `retry_after` seconds if the server asks for a wait."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def _seconds(retry_after: str) -> float | None:
    """Return the seconds that a Retry-After header gives, as a number or as a date (RFC 9110, 10.2.3)."""
    if _NUMBER.fullmatch(retry_after):
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds()) if moment.tzinfo else None
