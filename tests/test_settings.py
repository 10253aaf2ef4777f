from __future__ import annotations

import pytest

from qa.errors import QAError
from qa.settings import Settings


def test_environment_sets_a_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_CHUNK_TOKENS", "200")
    assert Settings.from_environment().chunk_tokens == 200


@pytest.mark.parametrize(
    ("variable", "value", "limit"),
    [
        ("QA_CHUNK_TOKENS", "3", "greater than or equal to 16"),
        ("QA_ANSWER_THRESHOLD", "1.5", "less than or equal to 1"),
        ("QA_PORT", "70000", "less than or equal to 65535"),
        ("QA_BATCH_SIZE", "many", "valid integer"),
    ],
)
def test_a_wrong_value_names_variable_value_and_limit(
    variable: str, value: str, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(QAError) as caught:
        Settings.from_environment()
    assert str(caught.value).startswith(f"{variable}={value}: ")
    assert limit in str(caught.value)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]
