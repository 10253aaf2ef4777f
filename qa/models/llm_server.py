"""What a language model, or its server, tells of itself: the models, and how many tokens a model takes.

Servers tell it in different places. What cannot be learnt within a few seconds is None; no request is made at import.
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

_SECONDS = 3.0
_MOST_BYTES = 8_000_000
_MOST_TOKENS = 10_000_000
_FIELDS = ("max_model_len", "context_length", "context_window", "max_context_length", "max_input_tokens", "n_ctx")
_OLLAMA_TOKENS = 4096
"""What Ollama gives a model that is not loaded and has no setting of its own, whatever the model could take."""


def context_tokens(model: ChatModel) -> int | None:
    """Return how many tokens a prompt and its answer may have together; None if the server does not tell.

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
    # llama.cpp: what it was started with, which may be far less than the model was trained on.
    props = _get(model, f"{base.removesuffix('/v1')}/props")
    if isinstance(props, dict):
        settings = props.get("default_generation_settings")
        if found := _count(settings.get("n_ctx") if isinstance(settings, dict) else None):
            return found
    entries = list(_entries(_get(model, f"{base}/models")))
    named = [entry for entry in entries if entry.get("id") == model.name] or entries[:1] * (len(entries) == 1)
    for entry in named:
        meta = entry.get("meta")
        providers = entry.get("providers")
        limits = [_count(one.get("context_length")) for one in providers or () if isinstance(one, dict)]
        for value in (*map(entry.get, _FIELDS), min(filter(None, limits), default=None)):
            if found := _count(value):
                return found
        if isinstance(meta, dict) and (found := _count(meta.get("n_ctx")) or _count(meta.get("n_ctx_train"))):
            return found
    # Not asked of a server on the internet: Ollama listens on a local one.
    return _of_ollama(model, base.removesuffix("/v1")) if base.startswith("http:") else None


def model_names(model: ChatModel) -> list[str]:
    """Return the names of the models on the server; none if it does not tell, or the model has none."""
    if not isinstance(model, RemoteLanguageModel):
        return []
    return [
        entry["id"] for entry in _entries(_get(model, f"{_base(model)}/models")) if isinstance(entry.get("id"), str)
    ]


def _of_ollama(model: RemoteLanguageModel, root: str) -> int | None:
    """Return what Ollama gives the model, since it cuts longer prompts without a word; None if this is no Ollama."""
    shown = _get(model, f"{root}/api/show", {"model": model.name})
    if not isinstance(shown, dict) or "model_info" not in shown:
        return None
    running = _get(model, f"{root}/api/ps")
    for one in running.get("models", ()) if isinstance(running, dict) else ():
        named = isinstance(one, dict) and model.name in {one.get("name"), one.get("model")}
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
    return value if type(value) is int and 0 < value < _MOST_TOKENS else None


def _get(model: RemoteLanguageModel, url: str, body: dict[str, str] | None = None) -> Any:  # noqa: ANN401 -- any JSON
    """Return the JSON at an address of the server, None if there is none; a query, which may contain a key, is kept."""
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
            DeadlineTransport(Deadline(monotonic() + _SECONDS), _MOST_BYTES) as transport,
            closing(transport.handle_request(request)) as response,
        ):
            return json.loads(response.read()) if response.status_code == 200 else None
    except (
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.TimeoutException,
        httpx.HTTPError,
        httpx.InvalidURL,
    ):
        return None
    except (QAError, ValueError, RecursionError):
        return None
