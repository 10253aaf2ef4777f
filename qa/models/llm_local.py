"""A language model in this process: a GGUF file run by llama.cpp, with the extra ``cited-qa[llama]``."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from qa.errors import LanguageModelError, PromptTooLongError, QAError
from qa.models.huggingface import user_path
from qa.models.llm_stream import StreamEvent, answer_text
from qa.models.onnx_session import processor_threads
from qa.protocols import Message
from qa.settings import LLAMA, Settings
from qa.text.lines import one_line
from qa.types import JSONObject

_MODEL = "the language model in this process"


@dataclass(frozen=True, slots=True)
class LocalLanguageModel:
    """A language model that llama.cpp runs in this process, one reply at a time, at temperature 0."""

    source: str  # a GGUF file, or OWNER/REPOSITORY/FILE on the Hugging Face Hub, downloaded at first use
    context: int  # maximum tokens of a prompt and its answer together
    threads: int
    gpu: bool  # whether to run layers on a GPU, if llama.cpp was built for one
    timeout_seconds: float
    """Limit for a reply, the wait for other replies included; reading the prompt cannot be interrupted."""

    @property
    def name(self) -> str:
        """The name of the file, without its extension."""
        return Path(self.source).stem

    def context_tokens(self) -> int:
        """Return the context length in tokens: `context`, but no more than the model was trained on."""
        llama, _ = self._loaded()
        trained = llama.metadata.get(f"{llama.metadata.get('general.architecture')}.context_length", "")
        given = int(llama.n_ctx())
        return min(given, int(trained)) if trained.isdecimal() else given

    def stream(
        self, messages: Sequence[Message], max_tokens: int, schema: JSONObject | None = None
    ) -> Generator[str, None, None]:
        """Yield the reply piece by piece, without the model's reasoning.

        Raises
        ------
        LanguageModelError
            If the model cannot be loaded, or there is no complete reply in time.
        TruncatedReplyError
            After the last piece, if that is at the limit of tokens.
        """
        end = monotonic() + self.timeout_seconds
        llama, alone = self._loaded()
        options: dict[str, Any] = {"max_tokens": max_tokens, "temperature": 0.0, "stream": True}
        if schema:
            options["response_format"] = {"type": "json_object", "schema": schema["schema"]}
        chat = [asdict(message) for message in messages]
        started = False
        if not alone.acquire(timeout=max(0.0, end - monotonic())):
            raise LanguageModelError(f"{_MODEL} is busy with another question")
        try:
            with closing(llama.create_chat_completion(chat, **options)) as pieces:
                for piece in answer_text(self._events(pieces, end)):
                    started = True
                    yield piece
        except (ValueError, RuntimeError) as error:
            if "exceed context window" in str(error):
                raise PromptTooLongError(f"the prompt is too long for {_MODEL}") from error
            raise LanguageModelError(f"{_MODEL} failed: {one_line(str(error))[:200]}") from error
        finally:
            alone.release()
        if not started:
            raise LanguageModelError(f"{_MODEL} returned an empty reply")

    def _events(self, pieces: Iterator[Any], end: float) -> Iterator[StreamEvent]:
        for piece in pieces:
            choice = piece["choices"][0]
            ended = choice["finish_reason"]
            yield StreamEvent(choice["delta"].get("content") or "", done=bool(ended), truncated=ended == "length")
            if monotonic() > end:
                raise LanguageModelError(f"{_MODEL} timed out: no complete reply within {self.timeout_seconds:g} s")

    def _loaded(self) -> tuple[Any, Lock]:
        with _loading:
            return _load(self.source, self.context, self.threads, self.gpu)


_loading = Lock()


@cache
def _load(source: str, context: int, threads: int, gpu: bool) -> tuple[Any, Lock]:
    """Return a model, loaded once for answers and for the judge, and the lock to hold during a reply."""
    from llama_cpp import Llama

    file = user_path(source)
    try:
        if not file.is_file():
            from huggingface_hub import hf_hub_download, try_to_load_from_cache

            owner, repository, name = source.split("/", 2)
            where = (f"{owner}/{repository}", name)
            cached = try_to_load_from_cache(*where)
            file = Path(cached if isinstance(cached, str) else hf_hub_download(*where))
        llama = Llama(str(file), n_ctx=context, n_threads=threads, n_gpu_layers=-1 if gpu else 0, verbose=False)
    except Exception as error:
        raise LanguageModelError(f"{_MODEL} cannot be loaded: {one_line(str(error))[:200]}") from error
    return llama, Lock()


def make_local_model(name: str, variable: str, settings: Settings) -> LocalLanguageModel:
    """Return the model that the setting `variable` names, not loaded yet.

    Raises
    ------
    QAError
        If llama-cpp-python is not installed, or the file is missing.
    """
    source = name.removeprefix(LLAMA)
    if find_spec("llama_cpp") is None:
        raise QAError(f"{variable}={name}: llama-cpp-python is not installed; install cited-qa[llama]")
    local = user_path(source)
    if not local.is_file() and (local.is_absolute() or source.count("/") < 2):
        raise QAError(f"{variable}={name}: no such file; name a GGUF file, or llama:OWNER/REPOSITORY/FILE.gguf")
    return LocalLanguageModel(
        source,
        settings.llm_context_tokens,
        processor_threads(settings.threads),
        settings.device != "cpu",
        settings.llm_timeout_seconds,
    )
