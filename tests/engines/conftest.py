"""An index folder and a milvus-lite file of the sample articles, built by the `qa` command."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from command import qa_process as qa
from conftest import ARTICLES, ROOT

NEEDS = "needs the packages of `make test-engines`"
SETS = sorted((ROOT / "data" / "questions").iterdir())
_names = count()


@pytest.fixture(scope="session")
def new_location(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Return a function that returns the path of a new milvus-lite file."""
    if not all(map(importlib.util.find_spec, ("pymilvus", "milvus_lite"))):
        pytest.skip(NEEDS)
    folder = tmp_path_factory.mktemp("indexes")
    return lambda: str(folder / f"index_{next(_names)}.db")


@pytest.fixture(scope="session")
def folder_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an index folder of the sample articles, with which the engines are compared."""
    folder = tmp_path_factory.mktemp("folder") / "index"
    made = qa("index", ARTICLES, "--out", folder)
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(scope="session")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a question set with four questions about each article."""
    path = tmp_path_factory.mktemp("questions") / "questions.jsonl"
    chosen = [line for each in SETS for line in each.read_text(encoding="utf-8").splitlines()[:4]]
    path.write_text("\n".join(chosen), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def library(new_location: Callable[[], str]) -> str:
    """Return a milvus-lite file with an index of the sample articles."""
    location = new_location()
    made = qa("index", ARTICLES, "--out", location)
    assert made.returncode == 0, made.stderr
    assert f"{location}: {len(list(ARTICLES.iterdir()))} documents" in made.stdout
    return location
