"""Restart two web processes one after the other while people ask: ``make bench-rolling-restart``.

The sample articles are in PostgreSQL, two `qa serve` processes ask it, and nginx is in front with the configuration of
`docs/operations/several-servers`. Askers keep asking, each as a new visitor every `QUESTIONS_PER_VISIT` questions. Each
process in turn is stopped with SIGTERM and started again, and the next one follows once it is ready. A question without
an answer counts as an error.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import httpx
import numpy as np
from load import UNLIMITED
from postgres_server import LOGIN, NEEDS, PostgresServer, free_port, is_installed
from results import print_table
from served import COMMAND, ROOT, sample_questions

ASKERS = 8
QUESTIONS_PER_VISIT = 5
CALM_SECONDS = 20
"""Between restarts, and before the first and after the last."""
NGINX = ROOT / "docs" / "operations" / "several-servers" / "nginx.conf"


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Return when a process answers."""
    while True:
        assert process.poll() is None
        with suppress(httpx.HTTPError):
            if httpx.get(address, trust_env=False).status_code == httpx.codes.OK:
                return
        time.sleep(0.1)


class WebProcess:
    """A `qa serve` that can be restarted on its port."""

    def __init__(self, index: str) -> None:
        self.port = free_port()
        self._command = [*COMMAND, "serve", "--index", index, "--port", str(self.port)]
        self.start()

    def start(self) -> None:
        """Start it, and return when it is ready."""
        environment = {**os.environ, **UNLIMITED, "QA_INDEX_TOKEN": LOGIN, "QA_LIBRARY": "off", "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(self._command, env=environment, stdout=subprocess.DEVNULL)
        wait_for(f"http://127.0.0.1:{self.port}/ready", self._process)

    def stop(self) -> None:
        """Ask it to finish its answers and end, and wait for that."""
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(60) == 0


def start_proxy(folder: Path, ports: list[int], stack: ExitStack) -> str:
    """Run nginx in front of the ports; return its address."""
    listening = free_port()
    configuration = NGINX.read_text(encoding="utf-8").replace("listen 80", f"listen 127.0.0.1:{listening}")
    for number, port in enumerate(ports, 1):
        configuration = configuration.replace(f"web-{number}:7860", f"127.0.0.1:{port}")
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/errors;\nevents {{}}\nhttp {{ access_log off;\n"
        f"client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n{configuration} }}"
    )
    process = subprocess.Popen([shutil.which("nginx") or "nginx", "-p", str(folder), "-c", str(file)])
    stack.callback(process.wait)
    stack.callback(process.terminate)
    wait_for(f"http://127.0.0.1:{listening}/ready", process)
    return f"http://127.0.0.1:{listening}"


class Askers:
    """Askers, who ask until they are stopped."""

    def __init__(self, address: str, questions: list[str]) -> None:
        self.seconds: list[float] = []
        self.errors: Counter[str] = Counter()
        self._address, self._questions = address, questions
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(ASKERS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let them finish their questions."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, number: int) -> None:
        asked = number
        while not self._stopped.is_set():
            with httpx.Client(base_url=f"{self._address}/gradio_api/call", timeout=60, trust_env=False) as client:
                for _ in range(QUESTIONS_PER_VISIT):
                    asked += ASKERS
                    started = perf_counter()
                    try:
                        ask(client, self._questions[asked % len(self._questions)])
                    except (httpx.HTTPError, ValueError) as error:
                        self.errors[re.sub(r"\s*For more.*|'http\S+'", "", str(error), flags=re.DOTALL)] += 1
                        time.sleep(0.5)
                    self.seconds.append(perf_counter() - started)


def ask(client: httpx.Client, question: str) -> None:
    """Ask a question in the two steps of the API."""
    event = client.post("/v2/ask", json={"question": question}).raise_for_status().json()["event_id"]
    reply = client.get(f"/ask/{event}").raise_for_status().text
    if "event: complete" not in reply or json.loads(reply.rpartition("data: ")[2])[0]["question"] != question:
        raise ValueError(f"no answer: {reply[-100:]!r}")


def main() -> None:
    """Measure, and print a line for the calm and one for the restarts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--restarts", type=int, default=2, help="of each process")
    options = parser.parse_args()
    if not is_installed() or not shutil.which("nginx"):
        sys.exit(f"nothing is measured: {NEEDS}, and nginx")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        folder.chmod(0o755)
        server = PostgresServer()
        stack.callback(server.close)
        server.execute("CREATE EXTENSION IF NOT EXISTS vector")
        index = server.address("samples")
        environment = {**os.environ, "QA_INDEX_TOKEN": LOGIN, "PYTHONPATH": str(ROOT)}
        command = [*COMMAND, "index", str(ROOT / "data" / "articles"), "--out", index]
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        processes = [WebProcess(index) for _ in range(2)]
        for process in processes:
            stack.callback(process.stop)
        address = start_proxy(folder, [process.port for process in processes], stack)
        questions = sample_questions(222)
        rows = []
        cases = {"no restart": 0, f"each process restarted {options.restarts} times": options.restarts}
        for what, restarts in cases.items():
            askers, started = Askers(address, questions), perf_counter()
            time.sleep(CALM_SECONDS)
            for _ in range(restarts):
                for process in processes:
                    process.stop()
                    process.start()
                    time.sleep(CALM_SECONDS)
            askers.stop()
            times = np.percentile(askers.seconds, [50, 95, 100])
            duration = f"{perf_counter() - started:.0f}"
            rows.append(
                [what, duration, len(askers.seconds), askers.errors.total(), *(f"{time:.2f}" for time in times)]
            )
            for error, count in askers.errors.items():
                print(f"errors, {what}: {error} ({count})")
        columns = ["", "seconds", "questions", "errors", "median, s", "95th, s", "slowest, s"]
        print_table(columns, rows, f"{ASKERS} askers, two processes behind nginx")


if __name__ == "__main__":
    main()
