"""Run the `qa` command, in this process or, where the process itself is tested, in a new one."""

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

COMMAND = [sys.executable, "-c", "from qa.cli.main import main; main()"]
"""Runs `qa` in a new process."""
MODELS = ("torch", "sentence_transformers", "onnxruntime")
"""Packages that run models; loading a model fails without them."""


def qa(
    *arguments: str | Path, without: Iterable[str] = (), folder: str | Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command in this process, from `folder`, as if the packages in `without` were not installed."""
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
    """Run the command in a new process, after the Python code in `first`."""
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
