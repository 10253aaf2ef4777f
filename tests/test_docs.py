"""The documentation: its size and links, its generated pages, and that its examples run."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from contextlib import chdir
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from command import qa
from conftest import ROOT

from qa.settings import Settings

pytestmark = pytest.mark.slow

PAGES = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")] + sorted(ROOT.glob("docs/**/*.md"))
WITH_EXAMPLES = [ROOT / "README.md", *sorted(ROOT.glob("docs/guide/*.md"))]
RESULTS = ROOT / "docs" / "benchmarks" / "results"
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def examples() -> list[Any]:
    return [
        pytest.param(language, code, id=f"{name_of(page)}-{number}-{language}")
        for page in WITH_EXAMPLES
        for number, (language, code) in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")), 1)
    ]


def test_the_readme_is_at_most_8_kb() -> None:
    assert (ROOT / "README.md").stat().st_size <= 8192


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files_that_exist(page: Path) -> None:
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    targets = [inline or attribute for inline, attribute in LINK.findall(text)]
    relative = [target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]
    assert [target for target in relative if not (page.parent / target).exists()] == []


# The changelog names settings of the past too.
@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=name_of)
def test_settings_that_are_named_exist(page: Path) -> None:
    known = {f"QA_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"\bQA_[A-Z_]+\b", page.read_text(encoding="utf-8"))) - known == set()


def test_the_generated_pages_are_what_their_sources_give() -> None:
    generated: dict[Path, str] = runpy.run_path(str(ROOT / "docs/generate.py"))["pages"]()
    assert set(generated) == {
        ROOT / "README.md",
        ROOT / "docs/reference/settings.md",
        ROOT / "docs/reference/cli.md",
        ROOT / "qa/web/static/help.html",
        ROOT / "docs/explanation/kinds.md",
        *ROOT.glob("docs/benchmarks/*.md"),
    }
    for path, text in generated.items():
        assert path.read_text(encoding="utf-8") == text, f"{path}: not up to date; run python docs/generate.py"


def test_every_result_is_shown_and_says_when_and_how_it_was_measured() -> None:
    pages = [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]
    shown = {name for page in pages for name in re.findall(r"<!-- result: (\S+)", page.read_text(encoding="utf-8"))}
    files = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in RESULTS.glob("*.json")}
    assert set(files) == shown
    for name, result in files.items():
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", result["date"]), name
        assert result["command"], name
        assert re.match(r"[0-9a-f]{7,}", result["commit"]), name
        assert result["machine"] or "source" in result, f"{name}: only a transcribed result may lack its machine"
        assert all(len(row) == len(table["columns"]) for table in result["tables"] for row in table["rows"]), name


def test_tables_outside_of_the_markers_have_no_figures() -> None:
    for page in ROOT.glob("docs/benchmarks/*.md"):
        typed = re.sub(r"<!-- result: .*?<!-- end of result -->", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r"^\|", typed, re.MULTILINE), f"{page}: a table that no result file gives"


def test_a_benchmark_s_output_is_kept_as_tables_and_notes(tmp_path: Path) -> None:
    script = tmp_path / "bench.py"
    script.write_text(
        "from results import print_table\n"
        "print_table(('', 'ms'), [('ask', 60), ('search', 9.5)], 'Times')\nprint('load 0.1')\n",
        encoding="utf-8",
    )
    command = [sys.executable, str(ROOT / "tests/benchmarks/results.py"), str(tmp_path / "out.json"), "make bench"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests/benchmarks")}
    subprocess.run([*command, str(script), "--quick"], env=environment, stdout=subprocess.PIPE, check=True)
    kept = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    rows = [["ask", "60"], ["search", "9.5"]]
    assert kept["tables"] == [{"title": "Times", "columns": ["", "ms"], "rows": rows}]
    assert (kept["notes"], kept["command"]) == (["load 0.1"], "make bench --quick")
    assert kept["machine"]["cores"] == os.cpu_count()


@pytest.fixture(scope="module")
def few_questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the sample data with every tenth question, which shows as well that an example runs."""
    data = tmp_path_factory.mktemp("examples") / "data"
    (data / "questions").mkdir(parents=True)
    (data / "articles").symlink_to(ROOT / "data" / "articles")
    for path in (ROOT / "data" / "questions").glob("*.jsonl"):
        lines = path.read_bytes().splitlines(keepends=True)
        (data / "questions" / path.name).write_bytes(b"".join(lines[::10]))
    return data


def run_shell(code: str, folder: Path) -> None:
    """Run lines that call the `qa` command, each in this process, with the variables that it sets."""
    for line in code.replace("\\\n", "").splitlines():
        words = shlex.split(line, comments=True)
        variables = dict(word.split("=", 1) for word in takewhile(re.compile(r"[A-Z_]+=").match, words))
        command, *arguments = words[len(variables) :]
        assert command == "qa", "only this command is run"
        done = qa(*arguments, folder=folder, **variables)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("language", "code"), examples())
def test_an_example_runs(language: str, code: str, tmp_path: Path, few_questions: Path) -> None:
    (tmp_path / "data").symlink_to(few_questions)
    if language == "sh":
        run_shell(code, tmp_path)
    else:
        with chdir(tmp_path):
            exec(compile(code, "example", "exec"), {"__name__": "__main__"})  # noqa: S102 -- ours
