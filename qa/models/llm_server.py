"""The models of a server, and the context length of a model.

Each kind of server reports them elsewhere. What cannot be learnt within a few seconds is None.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from time import monotonic
from typing import Any

from qa.errors import QAError
from qa.models.llm_client import RemoteLanguageModel
from qa.models.llm_local import LocalLanguageModel
from qa.protocols import ChatModel

_TIMEOUT_SECONDS = 3.0
_MAX_BYTES = 8_000_000
_MAX_TOKENS = 10_000_000
_CONTEXT_FIELDS = (
    "max_model_len",
    "context_length",
    "context_window",
    "max_context_length",
    "max_input_tokens",
    "n_ctx",
)
_OLLAMA_TOKENS = 4096
"""Ollama's default context for a model that is not loaded and does not set its own, however long the model's is."""


def context_tokens(model: ChatModel) -> int | None:
    """Return the context length in tokens, for prompt and answer together; None if the server does not report it.

    Raises
    ------
    LanguageModelError
        If a model in this process cannot be loaded.
    """
    if isinstance(model, LocalLanguageModel):
        return model.context_tokens()
    if not isinstance(model, RemoteLanguageModel):
        return None
    base = _base(model)
    # llama.cpp: the context that it was started with, which may be far shorter than the model's.
    props = _get(model, f"{base.removesuffix('/v1')}/props")
    if isinstance(props, dict):
        settings = props.get("default_generation_settings")
        if found := _count(settings.get("n_ctx") if isinstance(settings, dict) else None):
            return found
    entries = list(_entries(_get(model, f"{base}/models")))
    named = [entry for entry in entries if is_name_of(model, entry.get("id"))] or entries[:1] * (len(entries) == 1)
    for entry in named:
        meta = entry.get("meta")
        providers = entry.get("providers")
        limits = [_count(one.get("context_length")) for one in providers or () if isinstance(one, dict)]
        for value in (*map(entry.get, _CONTEXT_FIELDS), min(filter(None, limits), default=None)):
            if found := _count(value):
                return found
        if isinstance(meta, dict) and (found := _count(meta.get("n_ctx")) or _count(meta.get("n_ctx_train"))):
            return found
    # Ollama, which is reached over plain HTTP.
    return _of_ollama(model, base.removesuffix("/v1")) if base.startswith("http:") else None


def model_names(model: ChatModel) -> list[str]:
    """Return the names of the server's models; none if it does not list them, or the model runs in this process."""
    if not isinstance(model, RemoteLanguageModel):
        return []
    return [
        entry["id"] for entry in _entries(_get(model, f"{_base(model)}/models")) if isinstance(entry.get("id"), str)
    ]


def is_name_of(model: ChatModel, listed: object) -> bool:
    """Return whether a server lists a model by this name: Ollama lists "llama3.2:latest" for llama3.2."""
    return listed in {model.name, f"{model.name}:latest"}


def _of_ollama(model: RemoteLanguageModel, root: str) -> int | None:
    """Return the context that Ollama gives the model, beyond which it silently cuts prompts; None for other servers."""
    shown = _get(model, f"{root}/api/show", {"model": model.name})
    if not isinstance(shown, dict) or "model_info" not in shown:
        return None
    running = _get(model, f"{root}/api/ps")
    for one in running.get("models", ()) if isinstance(running, dict) else ():
        named = isinstance(one, dict) and (is_name_of(model, one.get("name")) or is_name_of(model, one.get("model")))
        if named and (found := _count(one.get("context_length"))):
            return found
    parameters = shown.get("parameters")
    for line in parameters.splitlines() if isinstance(parameters, str) else ():
        name, _, value = line.strip().partition(" ")
        if name == "num_ctx" and value.strip().isdecimal():
            return _count(int(value)) or _OLLAMA_TOKENS
    return _OLLAMA_TOKENS


def _base(model: RemoteLanguageModel) -> str:
    return model.url.partition("?")[0].removesuffix("/chat/completions")


def _entries(listed: object) -> Iterator[dict[str, Any]]:
    data = listed.get("data") if isinstance(listed, dict) else listed
    for entry in data if isinstance(data, list) else ():
        if isinstance(entry, dict):
            yield entry


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 < value < _MAX_TOKENS else None


def _get(model: RemoteLanguageModel, url: str, body: dict[str, str] | None = None) -> Any:  # noqa: ANN401 -- any JSON
    """Return the JSON at an address of the server, None if there is none; the query of the model's URL is added."""
    import httpcore
    import httpx

    from qa.models.llm_transport import DeadlineTransport
    from qa.network import Deadline

    query = model.url.partition("?")[2]
    content = None if body is None else json.dumps(body).encode()
    try:
        request = httpx.Request(
            "GET" if body is None else "POST",
            f"{url}?{query}" if query else url,
            headers=model.headers(),
            content=content,
        )
        with (
            DeadlineTransport(Deadline(monotonic() + _TIMEOUT_SECONDS), _MAX_BYTES) as transport,
            closing(transport.handle_request(request)) as response,
        ):
            return json.loads(response.read()) if response.status_code == 200 else None
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
        return None
    except (httpx.HTTPError, httpx.InvalidURL, QAError, ValueError, RecursionError):
        return None
