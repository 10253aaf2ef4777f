"""Checks of the Dockerfile without Docker: files, user, health check and command."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
import subprocess
import sys

from conftest import ROOT
from typer.testing import CliRunner

from qa.cli.main import app

TEXT = re.sub(r"\\\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
STEPS = [tuple(line.split(maxsplit=1)) for line in TEXT.splitlines() if line and not line.startswith("#")]
RUNS = STEPS[max(number for number, (step, _) in enumerate(STEPS) if step == "FROM") :]


def arguments(step: str) -> str:
    """Return the arguments of an instruction that the final image has once."""
    [found] = [rest for name, rest in RUNS if name == step]
    return found


def test_what_it_copies_exists_and_is_not_ignored() -> None:
    copied = [rest.split()[:-1] for step, rest in STEPS if step == "COPY" and "--from" not in rest]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    for path in (path for paths in copied for path in paths):
        assert (ROOT / path).exists(), path
        assert f"!{path}" in ignored, path
    assert ignored[0] == "*"  # no secret, environment or run folder by accident
    assert not any(fnmatch.fnmatch(".env", line.removeprefix("!")) for line in ignored[1:])


def test_it_runs_as_a_user_without_privileges_who_is_made_before() -> None:
    assert arguments("USER") not in {"root", "0"}
    made = next(rest for step, rest in RUNS if step == "RUN")
    assert re.search(rf"useradd .*\b{arguments('USER')}$", made)


def test_its_user_owns_the_volume_in_which_the_library_is_by_default() -> None:
    volume, environment = arguments("VOLUME"), dict(pair.split("=", 1) for pair in shlex.split(arguments("ENV")))
    assert any(rest.startswith("install ") and rest.endswith(f" {volume}") for step, rest in RUNS if step == "RUN")
    assert [step for step, _ in RUNS].index("USER") < [step for step, _ in RUNS].index("VOLUME")
    code = "import platformdirs; print(platformdirs.user_data_path('cited-qa'))"
    given = {"XDG_DATA_HOME": environment["XDG_DATA_HOME"]}
    done = subprocess.run([sys.executable, "-c", code], env=given, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{volume}/cited-qa"


def test_its_command_is_one_that_qa_understands() -> None:
    command = json.loads(arguments("CMD"))
    assert command[:2] == ["qa", "serve"]
    options = {name for name in command if name.startswith("--")}
    output = CliRunner().invoke(app, ["serve", "--help"], env={"COLUMNS": "200"}).output
    assert all(option in output for option in options)
    assert command[command.index("--host") + 1] == "0.0.0.0"
    assert command[command.index("--port") + 1] == arguments("EXPOSE")
    targets = {rest.split()[-1] for step, rest in RUNS if step == "COPY"}
    assert {command[command.index(option) + 1] for option in ("--index", "--docs")} <= targets


def test_its_health_check_fails_where_nothing_listens() -> None:
    _, _, check = arguments("HEALTHCHECK").partition("CMD ")
    command = json.loads(check)
    assert f":{arguments('EXPOSE')}/" in command[-1]
    elsewhere = command[-1].replace(arguments("EXPOSE"), "1")
    done = subprocess.run([sys.executable, *command[1:-1], elsewhere], stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert b"refused" in done.stderr


def test_the_image_contains_no_secret() -> None:
    environment = dict(pair.split("=", 1) for pair in shlex.split(arguments("ENV")))
    assert not any(word in name for name in environment for word in ("KEY", "TOKEN", "LOGIN", "PASSWORD"))
