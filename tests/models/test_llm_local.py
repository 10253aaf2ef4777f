"""A language model in this process, llama.cpp replaced by a script; `make test-llm` runs a real one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from time import sleep
from typing import Any

import pytest

from qa.errors import LanguageModelError, PromptTooLongError, QAError, TruncatedReplyError
from qa.generation.check_model import check_model
from qa.models import llm_local
from qa.models.llm_client import make_language_model
from qa.models.llm_local import LocalLanguageModel
from qa.models.llm_server import context_tokens, model_names
from qa.protocols import LanguageModel, Message
from qa.settings import Settings

ASKED = [Message("user", "Hello?")]


class Llama:
    """The used part of `llama_cpp.Llama`: a chat that sends some pieces, or raises."""

    def __init__(self, *pieces: str | Exception, trained: str = "2048") -> None:
        self.pieces = pieces
        self.asked: list[dict[str, Any]] = []
        self.open = 0
        self.pause = 0.0
        self.metadata = {"general.architecture": "llama", "llama.context_length": trained}

    def n_ctx(self) -> int:
        return 4096

    def create_chat_completion(self, chat: list[dict[str, str]], **options: Any) -> Iterator[Any]:  # noqa: ANN401
        self.asked.append({"chat": chat, **options})
        self.open += 1
        try:
            yield {"choices": [{"delta": {"role": "assistant"}, "finish_reason": None}]}
            for piece in self.pieces:
                sleep(self.pause)
                if isinstance(piece, Exception):
                    raise piece
                yield {"choices": [{"delta": {"content": piece}, "finish_reason": None}]}
            reached = len(self.pieces) >= options["max_tokens"]
            yield {"choices": [{"delta": {}, "finish_reason": "length" if reached else "stop"}]}
        finally:
            self.open -= 1


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(llm_local, "find_spec", lambda _: True)
    (tmp_path / "tiny.gguf").touch()
    return tmp_path / "tiny.gguf"


def model_of(file: Path, llama: Llama, monkeypatch: pytest.MonkeyPatch, **more: Any) -> LanguageModel:  # noqa: ANN401
    lock = Lock()
    monkeypatch.setattr(llm_local, "_load", lambda *_: (llama, lock))
    model = make_language_model(Settings(llm_model=f"llama:{file}", **more))
    assert isinstance(model, LocalLanguageModel)
    return model


def test_it_streams_whole_characters_without_reasoning(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    llama = Llama("<think>hm", "</think> ", "Bees ", "dance.")
    model = model_of(file, llama, monkeypatch)
    assert list(model.stream(ASKED, 50)) == ["Bees ", "dance."]
    assert "".join(model.stream(ASKED, 9, {"name": "n", "schema": {"type": "object"}})) == "Bees dance."
    first, second = llama.asked
    assert first == {
        "chat": [{"role": "user", "content": "Hello?"}], "max_tokens": 50, "temperature": 0.0, "stream": True,
    }  # fmt: skip
    assert second["response_format"] == {"type": "json_object", "schema": {"type": "object"}}
    assert (model.name, context_tokens(model), model_names(model)) == ("tiny", 2048, [])
    with pytest.raises(TruncatedReplyError):
        list(model.stream(ASKED, 4))


def test_one_reply_at_a_time_and_a_closed_one_frees_the_model(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    llama = Llama("Bees ", "dance.")
    model = model_of(file, llama, monkeypatch, llm_timeout_seconds=0.2)
    reply = iter(model.stream(ASKED, 50))
    next(reply)
    with pytest.raises(LanguageModelError, match="is busy with another question"):
        list(model.stream(ASKED, 50))
    reply.close()  # type: ignore[attr-defined]
    assert llama.open == 0
    assert "".join(model.stream(ASKED, 50)) == "Bees dance."


@pytest.mark.parametrize(
    ("pieces", "error", "message"),
    [
        ((ValueError("Requested tokens (9) exceed context window of 4"),), PromptTooLongError, "too long"),
        (("Bees ", RuntimeError("llama_decode returned -1")), LanguageModelError, "failed: llama_decode"),
        ((), LanguageModelError, "empty reply"),
    ],
    ids=["too long", "broken", "empty"],
)
def test_failures_are_errors_of_a_language_model(
    file: Path, monkeypatch: pytest.MonkeyPatch, pieces: tuple[Any, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        list(model_of(file, Llama(*pieces), monkeypatch).stream(ASKED, 50))


def test_a_reply_that_takes_too_long_is_ended(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Llama(*["bees "] * 1000)
    slow.pause = 0.02
    model = model_of(file, slow, monkeypatch, llm_timeout_seconds=0.1)
    with pytest.raises(LanguageModelError, match=r"no complete reply within 0\.1 s"):
        list(model.stream(ASKED, 5000))


def test_a_model_that_cannot_be_used_is_refused_before_anything_is_read(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("/none.gguf", "~nobody-here/none.gguf"):
        with pytest.raises(QAError, match=rf"^QA_LLM_MODEL=llama:{name}: no such file"):
            make_language_model(Settings(llm_model=f"llama:{name}"))
    assert make_language_model(Settings(llm_model="llama:owner/repository/file.gguf"))
    local = Settings(llm_model=f"llama:{file}", judge="gpt")
    with pytest.raises(QAError, match=r"^QA_JUDGE=gpt: names no server; set QA_JUDGE_URL"):
        make_language_model(local, judge=True)
    served = local.model_copy(update={"judge_url": "http://127.0.0.1:9/v1"})
    other = make_language_model(served, judge=True)
    assert other
    assert other.name == "gpt"
    monkeypatch.setattr(llm_local, "find_spec", lambda _: None)
    with pytest.raises(QAError, match=r"llama-cpp-python is not installed; install cited-qa\[llama\]"):
        make_language_model(local)


def test_a_file_that_is_no_model_fails_the_check(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise LanguageModelError("the language model in this process cannot be loaded: no GGUF")

    monkeypatch.setattr(llm_local, "_load", broken)
    checks = list(check_model(Settings(llm_model=f"llama:{file}")))
    assert [(one.name, one.works) for one in checks] == [("model", False)]
    assert "cannot be loaded" in checks[0].found
