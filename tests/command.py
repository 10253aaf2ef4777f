"""The `qa` command: in this process, where the process itself is not what is tested, or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Iterable
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from conftest import ROOT

from qa.cli.main import main

MODELS = ("torch", "sentence_transformers", "onnxruntime")
"""What runs a model; without these whoever loads one fails."""


def qa(
    *arguments: str | Path, without: Iterable[str] = (), folder: str | Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command in this process, from a folder, as if some packages were missing; return what came of it."""
    command = ["qa", *map(str, arguments)]
    out, err = (TextIOWrapper(BytesIO(), encoding="utf-8", newline="\n") for _ in range(2))
    code: object = 0
    with pytest.MonkeyPatch.context() as patched, chdir(folder), redirect_stdout(out), redirect_stderr(err):
        patched.setattr(sys, "argv", command)
        patched.setattr(warnings, "formatwarning", warnings.formatwarning)
        for name in without:
            patched.setitem(sys.modules, name, None)
        for name, value in environment.items():
            patched.setenv(name, value)
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
    assert isinstance(code, int)
    return subprocess.CompletedProcess(command, code, *(_written(stream) for stream in (out, err)))


def qa_process(*arguments: str | Path, first: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, after what is to run first in it; return what came of it."""
    return subprocess.run(
        [sys.executable, "-c", f"{first}\nfrom qa.cli.main import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
        cwd=ROOT,
    )


def _written(stream: TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()
