"""The Space as the Hub builds it: with only its requirements, in a read-only checkout."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import venv
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from gradio_client import Client
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
MODE_READ_ONLY = 0o555
NOT_RUN = {".h", ".hpp", ".cuh", ".pyi"}
"""Suffixes of a fifth of the files, which no program loads."""

pytestmark = pytest.mark.space


def required(lines: Iterable[str]) -> dict[str, Distribution]:
    """Return the installed packages that the requirements name, and their dependencies."""
    found: dict[str, Distribution] = {}
    seen = set()
    wanted = [Requirement(line) for line in lines]
    while wanted:
        one = wanted.pop()
        name = canonicalize_name(one.name)
        if (name, extras := frozenset(one.extras or {""})) in seen:
            continue
        seen.add((name, extras))
        found[name] = distribution(name)
        assert one.specifier.contains(found[name].version, prereleases=True), one
        for each in map(Requirement, found[name].requires or ()):
            if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in extras):
                wanted.append(each)
    return found


def link_or_copy(file: Path, to: Path) -> None:
    """Put a file there too. No symbolic link: onnxruntime reads no weights that one leads to."""
    try:
        to.hardlink_to(file)
    except OSError:  # another file system
        shutil.copyfile(file, to)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with only the requirements, whose files are linked from this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    (packages,) = folder.glob("lib/*/site-packages")
    for package in required((ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()).values():
        for file in package.files or ():
            if ".." not in file.parts and file.suffix not in NOT_RUN:
                (packages / file).parent.mkdir(parents=True, exist_ok=True)
                link_or_copy(Path(file.locate()), packages / file)
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A read-only copy of the repository."""
    copy = tmp_path_factory.mktemp("checkout")
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
    paths = [copy, *copy.rglob("*")]
    for path in paths:
        path.chmod(MODE_READ_ONLY)
    before = fingerprints(copy)
    yield copy
    # An administrator may write anywhere, so permissions alone prove nothing.
    assert fingerprints(copy) == before
    for path in paths:
        path.chmod(0o755)


def fingerprints(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in folder.rglob("*")
    }


@pytest.fixture
def space(python: Path, checkout: Path, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address of the running Space, and its output."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("QA_", "GRADIO_", "PYTHON"))}
    environment = {
        **kept,
        "SYSTEM": "spaces",
        "SPACE_ID": "someone/cited-qa",
        "GRADIO_SERVER_PORT": "0",
        "HOME": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with subprocess.Popen(
        [python, "app.py"], cwd=checkout, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        try:
            printed = ""
            while not (address := re.search(r"running at http://[\w.]+:(\d+)", printed)):
                line = process.stdout.readline()
                printed += line
                assert line, f"the Space ended before it served:\n{printed}"
            assert address[1] != "7860", "GRADIO_SERVER_PORT was passed over"
            yield f"http://127.0.0.1:{address[1]}", printed
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()


def test_the_space_says_how_long_it_took_and_gives_a_cited_answer(space: tuple[str, str], checkout: Path) -> None:
    address, printed = space
    took = re.search(r"; ready in (\d+\.\d) s$", printed, re.MULTILINE)
    assert took
    assert 0.5 < float(took[1]) < 600
    # Nor did it embed any article.
    assert "embedded" not in printed
    client = Client(address, verbose=False, analytics_enabled=False)
    try:
        answer = client.predict("Which fighter jets did China buy?", api_name="/ask")
    finally:
        client.close()
    assert "Su-35" in answer["answer"]
    citation = answer["citations"][0]
    text = (checkout / "data" / "articles" / citation["document"]).read_text(encoding="utf-8")
    assert text[citation["start"] : citation["end"]] == citation["text"]
    assert all(item in citation["text"] for item in answer["answer"].split("\n"))
