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
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic, sleep
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit, urlunsplit

from pydantic import SecretStr

from qa.errors import FetchError, LanguageModelError, PromptTooLongError, QAError
from qa.models.llm_stream import StreamEvent, answer_text, parse_reply
from qa.protocols import LanguageModel, Message
from qa.settings import LLAMA, Settings
from qa.types import JSONObject

if TYPE_CHECKING:
    import httpx

    from qa.network import Deadline

_MAX_CHARACTERS_PER_TOKEN = 16  # tokens are seldom longer: a longer reply would never end
_MAX_BYTES_PER_CHARACTER = 1000  # an event for one character takes a few hundred
_RETRY_SECONDS = (0.5, 1.0)
_BUSY = {429, 503, 529}
_MAX_ERROR_BYTES = 20_000
_LOADING = 0  # instead of a status: there is none for it
# What the text of an error says, by the status for it: servers send others, or none within a stream.
_SAID = {
    status: re.compile(words, re.IGNORECASE)
    for status, words in {
        413: r"context[ _](length|size|window)|too many tokens|max_new_tokens|(prompt|input)s? (is|are) too long"
        r"|maximum number of tokens|must have less than \d+ tokens",
        402: r"insufficient[ _](quota|credits|balance)",
        404: r"model_not_found|not a valid model|no models? loaded|\bmodel\b.{0,100} (not found|does not exist)",
        401: r"api[ _]key (is )?(not valid|invalid|missing)|(invalid|incorrect|missing)[ _]api[ _]key",
        _LOADING: r"loading( the)? model|\bmodel\b.{0,100} is (currently |still )?(being loaded|loading)",
        400: r"response_format|json[_ ]schema|parse grammar",  # llama.cpp: with the status 500
        503: r"overloaded|rate[ _]limit|too many requests|service unavailable",
    }.items()
}
_SAID_BY_BUSY = {413, 402, 400, _LOADING}  # what else an error may say with the status 429 or one from 500
_NEW_LIMIT = "max_completion_tokens"  # OpenAI's reasoning models refuse "max_tokens" and any temperature but 1
_NO_SYSTEM_MESSAGE = re.compile(r"system (role|message|prompt)s?\b|roles must alternate", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
_VISIBLE = re.compile(r"[!-~]*")
_ENDPOINT = "/chat/completions"
_SERVER = "the language model's server"


def make_language_model(settings: Settings, *, judge: bool = False) -> LanguageModel | None:
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
    given, key = variables[1], (settings.judge_key if own else settings.llm_key).get_secret_value().strip()
    host = parts.hostname or ""
    if not key and parts.scheme == "https" and (host == "huggingface.co" or host.endswith(".huggingface.co")):
        given, key = "HF_TOKEN", os.environ.get("HF_TOKEN", "").strip()
    if not _VISIBLE.fullmatch(key):
        raise QAError(f"{given} (not shown): invalid key; use printable ASCII characters without spaces")
    path = parts.path.rstrip("/").removesuffix(_ENDPOINT) + _ENDPOINT
    url = urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
    limits = settings.llm_timeout_seconds, settings.llm_idle_timeout_seconds
    return RemoteLanguageModel(name, url, SecretStr(key), *limits, (variable, *variables))


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
    url: str = field(repr=False)  # the chat completions endpoint
    key: SecretStr = field(repr=False)  # sent to this server only; may be empty
    timeout_seconds: float  # limit for a complete reply, retries included
    idle_timeout_seconds: float  # limit for the wait for the next piece of the answer or its reasoning
    variables: tuple[str, str, str] = field(repr=False)  # that give the model, the address and the key, for messages

    @contextmanager
    def exchange(
        self, url: str, body: JSONObject | None, deadline: Deadline, max_bytes: int
    ) -> Iterator[httpx.Response]:
        """POST JSON to an address of the server, or GET if there is none, and yield the reply, its own body unread.

        The exchange ends at the deadline, which may be moved meanwhile, however slowly the server sends. An
        `httpx.Client` limits only the wait for each read; it also logs URLs, and a query may contain a key.

        Raises
        ------
        httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, httpx.InvalidURL, FetchError
        LanguageModelError
            On reading more than `max_bytes` of the reply.
        """
        import httpx

        from qa.network import Network, limit_bytes

        address = httpx.URL(url)
        headers: dict[bytes | str, bytes | str] = {
            "Host": address.netloc.decode("ascii"),
            "Content-Type": "application/json",
            "Accept": "text/event-stream, application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "cited-qa",
            "Connection": "close",
        }
        if key := self.key.get_secret_value():
            headers["Authorization"] = f"Bearer {key}"
        method, content = ("GET", None) if body is None else ("POST", json.dumps(body).encode())
        # The operator names the server, which may be on the same machine.
        network = Network(allowed=lambda _: True)
        options = {"timeout": {"connect": network.connect_seconds}}
        too_long = LanguageModelError(f"the language model's reply exceeded {max_bytes:,} bytes and was truncated")
        with (
            network.pool(deadline) as pool,
            pool.stream(method, str(address), headers=headers, content=content, extensions=options) as reply,
        ):
            pieces = limit_bytes(reply.iter_stream(), max_bytes, too_long)
            yield httpx.Response(reply.status, headers=reply.headers, content=pieces)

    def stream(
        self, messages: Sequence[Message], max_tokens: int, schema: JSONObject | None = None
    ) -> Generator[str, None, None]:
        """Yield the reply piece by piece, without the model's reasoning.

        The clock starts with the request for the first piece. Closing the iterator closes the connection.

        Raises
        ------
        LanguageModelError
            If there is no complete reply; the message says why, and may be shown to visitors.
        TruncatedReplyError
            After the last piece, if that is at the limit of tokens.
        """
        end = monotonic() + self.timeout_seconds
        body = {
            "model": self.name,
            "messages": [asdict(message) for message in messages],
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": True,
            **({"response_format": {"type": "json_schema", "json_schema": schema}} if schema else {}),
        }
        for pause in (*_RETRY_SECONDS, None):
            started = False
            try:
                with closing(self._events(body, end, max_tokens * _MAX_CHARACTERS_PER_TOKEN)) as events:
                    for piece in answer_text(events):
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
                raise LanguageModelError(
                    f"{_SERVER} returned an empty reply; if the model reasons first, raise QA_LLM_ANSWER_TOKENS"
                )

    def _events(self, body: JSONObject, end: float, max_characters: int) -> Generator[StreamEvent, None, None]:
        """Make a request, and yield the events of the reply up to the one that completes it."""
        import httpcore
        import httpx

        from qa.network import Deadline

        deadline = Deadline(min(end, monotonic() + self.idle_timeout_seconds))
        received = 0
        try:
            with self.exchange(self.url, body, deadline, max_characters * _MAX_BYTES_PER_CHARACTER) as response:
                if response.status_code != 200:
                    data = b""
                    with suppress(httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
                        data = next(response.iter_raw(_MAX_ERROR_BYTES), b"")
                    text = data.decode("utf-8", "replace")
                    error = self._failure(response.status_code, text, response.headers.get("retry-after", ""))
                    if response.status_code in {400, 422, 500} and _adapt(body, text):
                        raise _TransientError(str(error), retry_after=0.0)
                    raise error
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
        except (httpcore.ConnectError, httpcore.ConnectTimeout, httpx.InvalidURL, FetchError) as error:
            raise _TransientError(f"{_SERVER} could not be reached") from error
        except httpcore.TimeoutException as error:
            limit = f"no data for {self.idle_timeout_seconds:g} s"
            if monotonic() >= end:
                limit = f"no complete reply within {self.timeout_seconds:g} s"
            raise LanguageModelError(f"{_SERVER} timed out: {limit}") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _TransientError(f"{_SERVER} closed the connection before the reply was complete") from error
        raise _TransientError(f"{_SERVER} closed the connection before the reply was complete")

    def _failure(self, status: int | None, text: str, retry_after: str = "") -> LanguageModelError:
        """Return an error in our own words: the server's text may contain the key or the prompt."""
        said = [one for one, words in _SAID.items() if words.search(text)]
        if status == 429 or (status or 0) >= 500:
            said = [one for one in said if one in _SAID_BY_BUSY]
        elif status not in {None, 400, 422}:
            said = []
        meant = said[0] if said else status
        name, url, key = self.variables
        code = f" ({status})" if status else ""
        if meant == 413:
            return PromptTooLongError(f"the prompt is too long for the language model{code}")
        if meant == _LOADING:
            return _TransientError(f"{_SERVER} is loading the model{code}; try again later", _seconds(retry_after))
        if meant and (meant in {408, 429} or meant >= 500):
            problem = "is busy" if meant in _BUSY else "failed"
            return _TransientError(f"{_SERVER} {problem}{code}", _seconds(retry_after))
        match meant:
            case None:
                reason = "reported an error"
            case 401 | 403 if self.key.get_secret_value():
                reason = f"rejected the API key{code}"
            case 401 | 403:
                reason = f"requires an API key{code}; set {key}"
            case 402:
                reason = f"refused the request: payment required{code}"
            case 404:
                hint = ", which usually ends in /v1" * (urlsplit(self.url).path == _ENDPOINT)
                reason = f"refused the request: model or endpoint not found{code}; check {name} and {url}{hint}"
            case _ if 300 <= meant < 400:
                reason = f"redirects elsewhere{code}; redirects are not followed"
            case _:
                reason = f"refused the request{code}"
        kind = RequestRefusedError if meant == 400 or status in {400, 422} else LanguageModelError
        return kind(f"{_SERVER} {reason}")


def _adapt(body: JSONObject, text: str) -> bool:
    """Remove from a request what an error's text says is refused; return whether there is such a thing."""
    system, *others = body["messages"]
    if _NEW_LIMIT in text and "max_tokens" in body:
        body[_NEW_LIMIT] = body.pop("max_tokens")
        body.pop("temperature", None)
    elif "temperature" in text and "temperature" in body:
        del body["temperature"]
    elif _NO_SYSTEM_MESSAGE.search(text) and system["role"] == "system" and others:
        body["messages"] = [{**others[0], "content": f"{system['content']}\n\n{others[0]['content']}"}, *others[1:]]
    else:
        return False
    return True


class RequestRefusedError(LanguageModelError):
    """The server refused a request as invalid; if that has a schema, it may accept it without."""


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
