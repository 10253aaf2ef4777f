from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from scripted_model import Reply, ScriptedModel

from qa.errors import QAError
from qa.generation.check_model import check_model
from qa.models.llm_client import make_language_model
from qa.models.llm_server import context_tokens, is_name_of, model_names
from qa.settings import Settings


def script(body: dict[str, Any]) -> Reply:
    if "<claim" in body["messages"][-1]["content"]:
        verdicts = [{"n": 1, "verdict": "supported"}, {"n": 2, "verdict": "unsupported"}]
        return Reply([json.dumps({"verdicts": verdicts})])
    return Reply("It is 31 metres tall [S1].")


def test_a_working_server_passes_every_check() -> None:
    server_info = {"/v1/models": {"data": [{"id": "m", "max_model_len": 2048}, {"id": "n"}]}}
    with ScriptedModel(script, server_info=server_info) as server:
        found = list(check_model(Settings(llm_model="m", llm_url=server.url)))
    assert [(one.name, one.works) for one in found] == [
        ("model", True), ("models on the server", None), ("context", None), ("reply", True), ("streaming", None),
        ("citations", True), ("JSON schema", None), ("judge", True),
    ]  # fmt: skip
    assert found[2].found == "2,048; prompts use 2,048 tokens"
    assert found[4].found.startswith("yes; ")
    assert found[6].found == "accepted"


def test_a_server_without_schemas_works_too() -> None:
    def plain(body: dict[str, Any]) -> Reply:
        return Reply(status=400) if "response_format" in body else script(body)

    with ScriptedModel(plain) as server:
        found = {one.name: one for one in check_model(Settings(llm_model="m", llm_url=server.url))}
    assert found["JSON schema"].found.startswith("refused")
    assert found["judge"].works


def test_a_refusal_fails_and_an_unknown_model_is_named() -> None:
    with ScriptedModel(Reply(status=401), server_info={"/v1/models": {"data": [{"id": "n"}]}}) as server:
        found = list(check_model(Settings(llm_model="m", llm_url=server.url)))
    assert [one.works for one in found] == [None, None, None, False]
    assert found[0].found == "m is not one of the server's models: n"
    with ScriptedModel(Reply(status=401), server_info={"/v1/models": {"data": [{"id": "m:latest"}]}}) as server:
        assert next(check_model(Settings(llm_model="m", llm_url=server.url))).works
    with pytest.raises(QAError, match="set QA_LLM_MODEL"):
        list(check_model(Settings(llm_model="")))


SHOWN = {"model_info": {"llama.context_length": 131072}}
OLLAMA = {"/v1/models": {"data": [{"id": "m", "owned_by": "library"}]}}


@pytest.mark.parametrize(
    ("server_info", "tokens"),
    [
        ({}, None),
        ({"/v1/models": {"data": [{"id": "m", "context_length": 8192}]}}, 8192),
        ({"/v1/models": {"data": [{"id": "m", "meta": {"n_ctx_train": 32768}}]}}, 32768),
        ({"/v1/models": {"data": [{"id": "m", "meta": {"n_ctx_train": 32768}}]},
          "/props": {"default_generation_settings": {"n_ctx": 4096}}}, 4096),
        ({"/v1/models": {"data": [{"id": "m", "providers": [{"context_length": 9000}, {"context_length": 70}]}]}}, 70),
        ({"/v1/models": [{"name": "m", "context_length": "8192"}]}, 8192),
        ({"/v1/models": [{"id": "m", "context_length": 8192, "top_provider": {"context_length": 4096}}]}, 4096),
        ({"/v1/models": {"data": [{"id": "models/m", "max_input_tokens": 9}, {"id": "n", "max_input_tokens": 5}]}}, 9),
        ({"/v1/models": {"data": [{"id": "m"}]}, "/props": {"n_ctx": 2048}}, 2048),
        ({"/v1/models": {"data": [{"id": "m"}]},
          "/api/v0/models": {"data": [{"id": "m", "max_context_length": 32768, "loaded_context_length": 4096}]}}, 4096),
        ({"/v1/models": {"data": [{"id": "other", "context_length": 5}, {"id": "third"}]}}, None),
        ({"/v1/models": {"data": [{"id": "m", "context_length": "many"}, 3]}}, None),
        ({**OLLAMA, "/api/show": SHOWN}, 4096),
        ({**OLLAMA, "/api/show": {**SHOWN, "parameters": "stop x\nnum_ctx   8192"}}, 8192),
        ({**OLLAMA, "/api/show": SHOWN, "/api/ps": {"models": [{"name": "m", "context_length": 16384}]}}, 16384),
        ({**OLLAMA, "/api/show": SHOWN, "/api/ps": {"models": [{"name": "m:latest", "context_length": 99}]}}, 99),
    ],
)  # fmt: skip
def test_the_context_is_read_where_the_server_reports_it(server_info: dict[str, Any], tokens: int | None) -> None:
    with ScriptedModel(Reply("x"), server_info=server_info) as server:
        model = make_language_model(Settings(llm_model="m", llm_url=server.url))
        assert model is not None
        assert context_tokens(model) == tokens
        assert set(model_names(model)) <= {"m", "n", "models/m", "other", "third"}
        assert server.requests == []
    # A server that has stopped is no error either.
    assert (context_tokens(model), model_names(model)) == (None, [])


def test_a_server_that_does_not_answer_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.models.llm_server._TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        model = make_language_model(Settings(llm_model="m", llm_url=f"http://127.0.0.1:{silent.getsockname()[1]}/v1"))
        assert model is not None
        for look_up, found in ((context_tokens, None), (model_names, [])):
            assert look_up(model) == found
            silent.accept()[0].close()
        silent.setblocking(False)
        with pytest.raises(BlockingIOError):
            silent.accept()


@pytest.mark.parametrize(
    "server_info",
    [
        {"/v1/models": {"data": [{"id": "m"}, {"id": "n"}, {"object": "model"}]}},
        {"/v1/models": {"models": [{"name": "m", "model": "m"}, {"name": "n"}]}},
        {"/v1/models": [{"id": "m"}, {"id": "n"}]},
        {"/v1/models": ["m", "n"]},
        {"/api/tags": {"models": [{"name": "m"}, {"name": "n"}]}},
    ],
    ids=["OpenAI", "models", "a bare list", "names alone", "Ollama"],
)
def test_models_are_read_from_lists_of_any_shape(server_info: dict[str, Any]) -> None:
    with ScriptedModel(Reply("x"), server_info=server_info) as server:
        model = make_language_model(Settings(llm_model="m", llm_url=server.url))
        assert model is not None
        assert model_names(model) == ["m", "n"]


@pytest.mark.parametrize(
    ("name", "listed", "known"),
    [
        ("llama3.2", "llama3.2:latest", True),
        ("gemini-2.5-flash", "models/gemini-2.5-flash", True),
        ("owner/model:free", "owner/model", True),
        ("llama3.2:1b", "llama3.2", False),
        ("m", ["m"], False),
    ],
)
def test_servers_list_models_by_other_names(name: str, listed: object, known: bool) -> None:
    model = make_language_model(Settings(llm_model=name))
    assert model is not None
    assert is_name_of(model, listed) == known
