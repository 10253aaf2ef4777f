"""The models of a server, and the context length of a model.

Each kind of server reports them elsewhere. What cannot be learnt within a few seconds is None.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

from qa.errors import FetchError, QAError
from qa.models.llm_client import RemoteLanguageModel
from qa.models.llm_local import LocalLanguageModel
from qa.protocols import LanguageModel

_TIMEOUT_SECONDS = 3.0
_MAX_BYTES = 8_000_000
_MAX_TOKENS = 10_000_000
_FIELDS = (
    "loaded_context_length", "max_model_len", "context_length", "context_window", "max_context_length",
    "max_input_tokens", "n_ctx", "n_ctx_train",
)  # fmt: skip
_MAX_DEPTH = 3  # of such a field in an entry, as "context_length" of one of its "providers"
_OLLAMA_TOKENS = 4096
"""Ollama's default context for a model that is not loaded and does not set its own, however long the model's is."""
_DIGITS = re.compile(r"[0-9]{1,9}")
_OLLAMA_SETTING = re.compile(r"^[ \t]*num_ctx[ \t]+(\d{1,9})\b", re.MULTILINE)


def context_tokens(model: LanguageModel) -> int | None:
    """Return the context length in tokens, for prompt and answer together; None if the server does not report it."""
    if isinstance(model, LocalLanguageModel):
        return model.context_tokens()
    if not isinstance(model, RemoteLanguageModel):
        return None
    with suppress(ConnectionError):
        return _reported_tokens(model)
    return None


def _reported_tokens(model: RemoteLanguageModel) -> int | None:
    base = _base(model)
    root = base.removesuffix("/v1")
    # llama.cpp: the context that it was started with, which may be far shorter than the model's.
    props = _get(model, f"{root}/props")
    if found := min(_counts(props, "n_ctx"), default=None):
        return found
    if found := _of_entries(model, _entries(model, f"{base}/models")):
        return found
    # Ollama and LM Studio, which are reached over plain HTTP.
    if not base.startswith("http:"):
        return None
    return _of_ollama(model, root) or _of_entries(model, _entries(model, f"{root}/api/v0/models"))


def usable_tokens(model: LanguageModel, limit: int) -> int:
    """Return the context to use, in tokens: a limit, or the model's own context if it is shorter."""
    return min(limit, context_tokens(model) or limit)


def model_names(model: LanguageModel) -> list[str]:
    """Return the names of the server's models; none if it does not list them, or the model runs in this process."""
    if not isinstance(model, RemoteLanguageModel):
        return []
    base = _base(model)
    entries: list[dict[str, Any]] = []
    with suppress(ConnectionError):
        entries = _entries(model, f"{base}/models") or _entries(model, f"{base.removesuffix('/v1')}/api/tags")
    return [name for name in map(_name, entries) if isinstance(name, str)]


def is_name_of(model: LanguageModel, listed: object) -> bool:
    """Return whether a server lists a model by this name.

    Ollama lists "llama3.2:latest" for llama3.2, Google "models/gemini-2.5-flash" for gemini-2.5-flash, and
    OpenRouter and Hugging Face "owner/model" for owner/model:provider.
    """
    name = model.name
    return listed in (name, f"{name}:latest", f"models/{name}", name.rpartition(":")[0] if "/" in name else name)


def _of_entries(model: RemoteLanguageModel, entries: Sequence[dict[str, Any]]) -> int | None:
    """Return the context that a list of models gives for the model, or for the only one."""
    own = entries if len(entries) == 1 else [one for one in entries if is_name_of(model, _name(one))]
    found = (min(_counts(entry, field), default=None) for entry in own for field in _FIELDS)
    return next(filter(None, found), None)


def _of_ollama(model: RemoteLanguageModel, root: str) -> int | None:
    """Return the context that Ollama gives the model, beyond which it silently cuts prompts; None for other servers."""
    shown = _get(model, f"{root}/api/show", {"model": model.name})
    if not isinstance(shown, dict) or shown.get("model_info") is None:
        return None
    for one in _entries(model, f"{root}/api/ps"):
        named = is_name_of(model, one.get("name")) or is_name_of(model, one.get("model"))
        if named and (found := min(_counts(one, "context_length"), default=None)):
            return found
    setting = _OLLAMA_SETTING.search(str(shown.get("parameters")))
    return next(_counts({"num_ctx": setting[1]}, "num_ctx"), _OLLAMA_TOKENS) if setting else _OLLAMA_TOKENS


def _base(model: RemoteLanguageModel) -> str:
    return model.url.partition("?")[0].removesuffix("/chat/completions")


def _entries(model: RemoteLanguageModel, url: str) -> list[dict[str, Any]]:
    """Return the models in a list at an address; a name alone becomes an object, too."""
    listed = _get(model, url)
    if isinstance(listed, dict):
        listed = listed.get("data") or listed.get("models")
    named = [{"id": one} if isinstance(one, str) else one for one in (listed if isinstance(listed, list) else ())]
    return [one for one in named if isinstance(one, dict)]


def _name(entry: dict[str, Any]) -> object:
    return entry.get("id") or entry.get("name")


def _counts(value: object, field: str, depth: int = _MAX_DEPTH) -> Iterator[int]:
    """Yield the numbers of tokens, as numbers or in digits, that a JSON value has in a field, within it too."""
    if not depth:
        return
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    count = value.get(field) if isinstance(value, dict) else None
    count = int(count) if isinstance(count, str) and _DIGITS.fullmatch(count) else count
    if type(count) is int and 0 < count < _MAX_TOKENS:
        yield count
    for one in inner:
        yield from _counts(one, field, depth - 1)


def _get(model: RemoteLanguageModel, url: str, body: dict[str, str] | None = None) -> Any:  # noqa: ANN401 -- any JSON
    """Return the JSON at an address of the server, None if there is none; the query of the model's URL is added.

    Raises
    ------
    ConnectionError
        If the server cannot be reached or does not answer: it need not be asked at another address.
    """
    import httpcore
    import httpx

    from qa.network import Deadline

    url += "?" * ("?" in model.url) + model.url.partition("?")[2]
    try:
        with model.exchange(url, body, Deadline(monotonic() + _TIMEOUT_SECONDS), _MAX_BYTES) as response:
            return json.loads(b"".join(response.iter_raw())) if response.status_code == 200 else None
    except (httpcore.ConnectError, httpcore.TimeoutException, FetchError) as error:
        raise ConnectionError from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.InvalidURL, QAError):
        return None
    except (ValueError, RecursionError):  # no JSON
        return None
