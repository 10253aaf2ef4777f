from __future__ import annotations

from pathlib import Path

import pytest

from qa.errors import QAError
from qa.settings import Settings


def test_environment_sets_a_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_CHUNK_TOKENS", "200")
    assert Settings.from_environment().chunk_tokens == 200


def test_a_mistyped_variable_is_named_once_without_its_value(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("QA_LOGINS", "ann:secret")
    monkeypatch.setenv("QA_PORT", "1")
    for _ in range(2):
        Settings.from_environment()
    assert caplog.messages == ["QA_LOGINS is ignored: no setting has this name; did you mean QA_LOGIN?"]
    monkeypatch.setenv("QA_MADE_UP", "1")
    Settings.from_environment()
    assert caplog.messages[1:] == ["QA_MADE_UP is ignored: no setting has this name; correct or unset it"]


@pytest.mark.parametrize(
    ("setting", "limit"),
    [
        ("QA_CHUNK_TOKENS=3", "greater than or equal to 16"),
        ("QA_ANSWER_THRESHOLD=1.5", "less than or equal to 1"),
        ("QA_PORT=70000", "less than or equal to 65535"),
        ("QA_BATCH_SIZE=many", "valid integer"),
        ("QA_LIBRARY_MB=inf", "finite number"),
        ("QA_PARSE_TIMEOUT_SECONDS=1e30", "less than or equal to 86400"),
        ("QA_PARSE_OUTPUT_MB=1e12", "less than or equal to 10000"),
    ],
)
def test_a_wrong_value_names_variable_value_and_limit(
    setting: str, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable, value = setting.split("=")
    monkeypatch.setenv(variable, value)
    with pytest.raises(QAError) as caught:
        Settings.from_environment()
    assert str(caught.value).startswith(f"{variable}={value}: ")
    assert limit in str(caught.value)


def test_the_environment_overrides_a_file_and_a_file_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('# ours\nanswer_threshold = 0.62\nchunk_tokens = 200\nhost = "::1"\n', encoding="utf-8")
    monkeypatch.setenv("QA_CHUNK_TOKENS", "300")
    settings = Settings.from_environment(file)
    assert (settings.answer_threshold, settings.chunk_tokens, settings.host) == (0.62, 300, "::1")
    assert settings.port == Settings().port
    # What the file sets wrongly does not matter where the environment sets it.
    file.write_text("chunk_tokens = 1", encoding="utf-8")
    assert Settings.from_environment(file).chunk_tokens == 300


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"answer_threshold = 7", ["answer_threshold = 7: ", "less than or equal to 1"]),
        (b"answer_threshold = nan", ["answer_threshold = nan: "]),
        (b"answer_threshold = true", ["answer_threshold = true: ", "a number or text"]),
        (b"answer_threshold = [0.5]", ["answer_threshold = [0.5]: ", "valid number"]),
        (b"answer_treshold = 0.6", ["no setting is named answer_treshold; did you mean answer_threshold?"]),
        (b"[qa]\nanswer_threshold = 0.6", ["no setting is named qa; known: ", "answer_threshold, "]),
        (b"answer_threshold 0.6", ["is not TOML", "line 1"]),
        (b"answer_threshold = 0.6 # caf\xe9", ["is not UTF-8 at byte 28"]),
    ],
    ids=["too high", "no number", "yes or no", "a list", "a misspelt name", "a table", "no TOML", "no UTF-8"],
)
def test_a_wrong_file_names_file_setting_value_and_limit(content: bytes, parts: list[str], tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(content)
    with pytest.raises(QAError) as caught:
        Settings.from_environment(file)
    assert str(caught.value).startswith(f"{file}: ")
    for text in parts:
        assert text in str(caught.value)


def test_a_wrong_variable_is_named_despite_a_settings_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("answer_threshold = 0.6", encoding="utf-8")
    monkeypatch.setenv("QA_PORT", "70000")
    with pytest.raises(QAError, match=r"^QA_PORT=70000: "):
        Settings.from_environment(tmp_path / "settings.toml")


@pytest.mark.parametrize("name", ["missing.toml", "."], ids=["missing", "a folder"])
def test_a_file_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(QAError, match="cannot be read as a settings file"):
        Settings.from_environment(tmp_path / name)


def test_the_key_is_never_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QA_LLM_KEY", "sk-secret-1234")
    settings = Settings.from_environment()
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert "sk-secret" not in shown
    assert "llm_key" not in settings.model_dump()
    assert settings.llm_key.get_secret_value() == "sk-secret-1234"
    monkeypatch.delenv("QA_LLM_KEY")
    file = tmp_path / "settings.toml"
    file.write_text("llm_key = 98765", encoding="utf-8")
    with pytest.raises(QAError, match="llm_key = \\(not shown\\)") as caught:
        Settings.from_environment(file)
    assert "98765" not in str(caught.value)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("environment", "allowed"),
    [({}, True), ({"SYSTEM": "spaces"}, False), ({"SYSTEM": "spaces", "QA_ALLOW_URLS": "true"}, True)],
    ids=["at home", "on a Space", "on a Space, asked for"],
)
def test_a_space_fetches_no_web_addresses_unless_told(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], allowed: bool
) -> None:
    monkeypatch.delenv("SYSTEM", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Settings.from_environment().allow_urls is allowed


def test_a_space_is_stricter_with_its_visitors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYSTEM", raising=False)
    home = Settings.from_environment()
    monkeypatch.setenv("SYSTEM", "spaces")
    space = Settings.from_environment()
    for name in (
        "total_visitor_mb", "total_visitor_tokens", "total_questions_per_minute", "total_requests_per_minute",
        "max_waiting",
        "per_visitor_questions_per_minute", "per_visitor_requests_per_minute", "per_visitor_libraries",
    ):  # fmt: skip
        assert getattr(space, name) < getattr(home, name)
    monkeypatch.setenv("QA_PER_VISITOR_QUESTIONS_PER_MINUTE", "7")
    assert Settings.from_environment().per_visitor_questions_per_minute == 7
