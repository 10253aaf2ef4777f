"""Where the server's threads take their memory from."""

from __future__ import annotations

import os
import platform
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qa.cli import main as cli

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]

# malloc_info has no standard format: glibc writes an element "heap" for each arena.
COUNT_ARENAS = """
import ctypes, os, sys, threading

libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
libc.fopen.argtypes = [ctypes.c_char_p] * 2
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
libc.fclose.argtypes = [ctypes.c_void_p]
{begin}
together = threading.Barrier(6)

def take():
    libc.malloc(1000)
    together.wait()

threads = [threading.Thread(target=take) for _ in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
file = libc.fopen(sys.argv[1].encode(), b"w")
libc.malloc_info(0, file)
libc.fclose(file)
"""


def arenas(folder: Path, begin: str, **environment: str) -> int:
    """Return the number of malloc arenas of a process that had six threads at once."""
    file = folder / "malloc.xml"
    subprocess.run(
        [sys.executable, "-c", COUNT_ARENAS.format(begin=begin), str(file)],
        env={name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"} | environment,
        cwd=ROOT,
        check=True,
    )
    return file.read_text(encoding="utf-8").count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no such arenas")
def test_threads_of_a_server_share_one_malloc_arena(tmp_path: Path) -> None:
    prepare = "from qa.web import prepare_process; prepare_process()"
    assert arenas(tmp_path, prepare) == 1
    assert arenas(tmp_path, "") > 1, "or the test shows nothing"
    # Who runs it may say otherwise.
    assert arenas(tmp_path, prepare, MALLOC_ARENA_MAX="3") == 3


@pytest.mark.parametrize("command", ["app.py", "qa serve"])
def test_a_server_listens_before_it_opens_articles(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def serve(open_bot: Callable[[object], object], *_: object, **__: object) -> None:
        done.append("serve")
        open_bot(print)

    monkeypatch.setattr("qa.web.server.server.serve", serve)
    for name in (
        "qa.web.prepare_process",
        "qa.web.exit_process",
        "qa.ingestion.prebuilt.open_prebuilt",
        "qa.cli.main.open_bot",
    ):
        monkeypatch.setattr(name, lambda *_, name=name, **__: done.append(name.rpartition(".")[2].strip("_")))
    if command == "app.py":
        runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
    else:
        cli.serve(docs=[str(ROOT / "data" / "articles")])
    opened = [name.partition("_")[0] if name.startswith("open") else name for name in done]
    assert opened == [
        "prepare_process",
        "serve",
        "open",
        "exit_process",
    ]
