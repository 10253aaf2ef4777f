"""The language model's client, against a real server that misbehaves in each way that servers do."""

from __future__ import annotations

from scripted_model import Reply, ScriptedModel

from qa.language_model import make_language_model
from qa.settings import Settings
from qa.types import Message

PROMPT = [Message("system", "Be brief."), Message("user", "Do bees dance?")]


def ask(server: ScriptedModel, **settings: object) -> list[str]:
    limits = {"llm_seconds": 30.0, "llm_silence_seconds": 20.0, **settings}
    model = make_language_model(Settings.model_validate({"llm_model": "bee", "llm_url": server.url, **limits}))
    assert model is not None
    return list(model.stream(PROMPT, 50))


def test_the_reply_comes_piece_by_piece() -> None:
    with ScriptedModel(Reply("Bees dance [1].")) as server:
        assert ask(server) == ["Bees ", "dance ", "[1]."]
    assert server.requests[0].path == "/v1/chat/completions"
    assert server.requests[0].body == {
        "model": "bee",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Do bees dance?"}],
        "max_tokens": 50,
        "temperature": 0,
        "stream": True,
    }


def test_no_model_is_made_where_none_is_named() -> None:
    assert make_language_model(Settings(llm_model="")) is None
