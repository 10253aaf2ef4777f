"""What a compromised process that reads a file cannot do: real attempts."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from qa import Settings
from qa.documents.confinement import Protections
from qa.documents.loader import load_bytes
from qa.documents.sandbox import Sandbox
from qa.errors import LoadError

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="the measures are those of Linux")]

ATTACKS = {
    "open a socket": "import socket; socket.socket()",
    "connect to loopback": "import socket; socket.create_connection(('127.0.0.1', PORT), 2)",
    "listen": "import socket; socket.create_server(('127.0.0.1', 0))",
    "read a file of the system": "open('/etc/passwd').read()",
    "read a file of the user": "open(SECRET).read()",
    "list a folder": "import os; os.listdir(os.path.dirname(SECRET))",
    "read the parent's environment": "import os; open(f'/proc/{os.getppid()}/environ', 'rb').read()",
    "create a file": "open(SECRET + '.new', 'w')",
    "write a file": "import os; os.open(SECRET, os.O_WRONLY)",
    "delete a file": "import os; os.unlink(SECRET)",
    "change a mode": "import os; os.chmod(SECRET, 0o777)",
    "run a program": "import os; os.execv('/bin/true', ['true'])",
    "start a process": "import os; os.fork() or os._exit(0)",
    "start a shell": "import subprocess; subprocess.run('true', shell=True, check=True)",
    "signal the parent": "import os; os.kill(os.getppid(), 0)",
    "limit the parent": "import os, resource; resource.prlimit(os.getppid(), resource.RLIMIT_CORE)",
    "use the socket of the server that forked it": (
        "import os, stat\n"
        "def is_socket(number):\n"
        "    try: return stat.S_ISSOCK(os.fstat(number).st_mode)\n"
        "    except OSError: return False\n"
        "if not any(map(is_socket, range(256))): raise OSError"
    ),
}
ATTACK = """
import json, sys
from qa.documents import sandbox_worker as sandboxed
PORT, SECRET, attacks = json.loads(sys.argv[1])
def attack():
    outcomes = {}
    for name, program in attacks.items():
        try:
            exec(program, {"PORT": PORT, "SECRET": SECRET})
            outcomes[name] = "done"
        except Exception as error:
            outcomes[name] = type(error).__name__
    return json.dumps(outcomes)
"""
READER = f"""{ATTACK}
from qa.documents.formats import Article
sandboxed.READERS = {{".txt": lambda data, source: Article(attack(), None, ())}}
sandboxed.main()
"""


@pytest.fixture(scope="module")
def protections() -> Protections:
    return Sandbox(Settings()).protections()


def outcomes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setup: str = "", *, warm: bool = False) -> dict[str, str]:
    """Return how each attack ended, run as the reader of a file."""
    secret = tmp_path / "secret"
    secret.write_text("hush")
    with socket.create_server(("127.0.0.1", 0)) as server:
        given = json.dumps((server.getsockname()[1], str(secret), ATTACKS))
        monkeypatch.setattr("qa.documents.sandbox._COMMAND", (sys.executable, "-P", "-c", setup + READER, given))
        sandbox = Sandbox(Settings(), warm=warm)
        for _ in range(2 if warm else 1):  # the first file starts the fork server
            document = load_bytes(b"x", "a.txt", sandbox=sandbox)
        sandbox.close()
    assert secret.read_text() == "hush"
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    ended: dict[str, str] = json.loads(document.text)
    return ended


@pytest.mark.parametrize("warm", [False, True], ids=["its own process", "a fork"])
def test_a_compromised_process_can_reach_nothing(
    warm: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protections: Protections
) -> None:
    if not (protections.landlock and protections.seccomp):
        pytest.skip(f"this kernel gives but {protections}")
    ended = outcomes(tmp_path, monkeypatch, warm=warm)
    assert set(ended) == set(ATTACKS)
    assert "done" not in ended.values(), ended


def only(kept: str) -> str:
    """Return a program that keeps one measure and disables the others."""
    others = {"leave_network": "lambda: False", "restrict_files": "lambda: 0", "filter_calls": "lambda: False"}
    del others[kept]
    lines = [f"sandboxed.{name} = {program}\n" for name, program in others.items()]
    return "from qa.documents import sandbox_worker as sandboxed\n" + "".join(lines)


@pytest.mark.parametrize(
    ("measure", "refused"),
    [
        ("leave_network", {"connect to loopback"}),
        (
            "restrict_files",
            {
                *("read a file of the system", "read a file of the user", "list a folder", "create a file"),
                *("read the parent's environment", "write a file", "run a program"),
            },
        ),
        (
            "filter_calls",
            {
                *("open a socket", "connect to loopback", "listen", "create a file", "write a file", "delete a file"),
                *("change a mode", "run a program", "start a process", "start a shell", "signal the parent"),
                "limit the parent",
            },
        ),
    ],
    ids=["network namespace", "Landlock", "seccomp"],
)
def test_each_measure_by_itself(measure: str, refused: set[str], protections: Protections, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hush")
    name = {"leave_network": "network_namespace", "restrict_files": "landlock", "filter_calls": "seccomp"}[measure]
    if not getattr(protections, name):
        pytest.skip(f"this kernel gives but {protections}")
    measures = "[sandboxed.leave_network(), sandboxed.restrict_files(), sandboxed.filter_calls()]"
    program = f"{only(measure)}{ATTACK}\nprint({measures}, attack(), sep='\\n')"
    with socket.create_server(("127.0.0.1", 0)) as server:
        attacks = {attack: ATTACKS[attack] for attack in sorted(refused)}
        done = subprocess.run(
            [sys.executable, "-c", program, json.dumps((server.getsockname()[1], str(tmp_path / "secret"), attacks))],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    ended = json.loads(done.stdout.splitlines()[1])
    assert set(ended) == refused
    assert set(ended.values()) <= {"PermissionError", "OSError"}, (ended, done.stderr)


def test_a_system_without_any_measure_reads_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = only("leave_network") + "sandboxed.leave_network = lambda: False\n"
    with pytest.raises(LoadError, match=r"a\.txt: cannot be read safely: this system offers no way"):
        outcomes(tmp_path, monkeypatch, setup)


def test_a_fork_has_the_same_measures(protections: Protections) -> None:
    sandbox = Sandbox(Settings(), warm=True)
    assert [sandbox.protections(), sandbox.protections()] == [protections, protections]
    sandbox.close()


def test_what_applies_is_reported(protections: Protections) -> None:
    assert protections
    assert not Protections()
    assert Protections(landlock=1)
