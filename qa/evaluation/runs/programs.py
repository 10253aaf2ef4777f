"""Ask another system question by question: a program, or an OpenAI-compatible server.

A program reads a line of JSON (`id`, `question`, `history`, `document`) and writes a line in the format of `qa eval
--predictions`. If it ends after its answer, it is started again for the next question.
"""

from __future__ import annotations

import json
import os
import select
import shlex
import subprocess
from contextlib import suppress
from time import monotonic
from typing import Any

from qa.errors import QAError
from qa.evaluation.datasets.fields import preview
from qa.evaluation.datasets.types import Question
from qa.generation.quotations import quoted_spans
from qa.models.llm_client import make_language_model
from qa.models.llm_stream import reply_text
from qa.protocols import LanguageModel, Message
from qa.settings import Settings
from qa.types import JSONObject

TIMEOUT_SECONDS = 600.0
"""How long a program may take to answer."""

MAX_ANSWER_TOKENS = 1_000
"""Length limit of a server's answer."""

_MAX_BYTES = 16_000_000
_MIN_QUOTED_CHARACTERS = 12  # of a quotation that counts as a citation, not as a single name


class Program:
    """A program that answers questions; its command is split as in a shell, but no shell is used.

    Raises `QAError` if the command is empty.
    """

    def __init__(self, command: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        try:
            self._arguments = shlex.split(command)
        except ValueError as error:
            raise QAError(f"--ask {command}: {error}; close the quotation mark") from None
        if not self._arguments:
            raise QAError("--ask: expected a command, for example --ask 'python answer.py'")
        self._timeout = timeout_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._received = b""

    def ask(self, question: Question) -> Any:  # noqa: ANN401 -- any JSON value
        """Return the program's answer to a question.

        Raises `QAError` if the program cannot be started, and `ValueError`, which says why, if there is no answer.
        """
        # Not the accepted answers or the evidence.
        asked = {name: getattr(question, name) for name in ("id", "question", "history", "document")}
        line = json.dumps(asked).encode() + b"\n"
        started = self._process is None or self._process.poll() is not None
        reply = self._reply(line, start=started)
        if not reply and not started:
            # It ended after an earlier answer.
            reply = self._reply(line, start=True)
        if not reply:
            raise ValueError(f"the program ended without an answer (exit code {self.close()})")
        try:
            return json.loads(reply)
        except (ValueError, RecursionError):
            raise ValueError(f"the program wrote no JSON: {preview(reply.decode(errors='replace'))}") from None

    def _reply(self, line: bytes, *, start: bool) -> bytes:
        """Send a question and return the line of the answer; empty if the program ends first."""
        if start:
            self._start()
        with suppress(OSError):
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.write(line)
                self._process.stdin.flush()
        return self._line()

    def _start(self) -> None:
        self.close()
        try:
            self._process = subprocess.Popen(  # noqa: S603 -- the user's own command
                self._arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        except OSError as error:
            problem = f"cannot be started: {error.strerror}; check the command"
            raise QAError(f"--ask {self._arguments[0]}: {problem}") from None

    def _line(self) -> bytes:
        """Return the next line that is not blank; empty if the program ends first."""
        process, end = self._process, monotonic() + self._timeout
        assert process is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        while True:
            line, line_end, rest = self._received.partition(b"\n")
            if line_end:
                self._received = rest
                if line.strip():
                    return line
                continue
            ready = select.select([process.stdout], [], [], max(0.0, end - monotonic()))[0]
            piece = os.read(process.stdout.fileno(), 65_536) if ready else b""
            self._received += piece
            if piece and len(self._received) <= _MAX_BYTES:
                continue
            last, self._received = self._received, b""
            if ready and not piece:
                return last.strip()
            self.close()
            raise ValueError(
                f"the program wrote more than {_MAX_BYTES:,} bytes" if ready else f"no answer in {self._timeout:g} s"
            )

    def close(self) -> int | None:
        """End the program, if it runs, and return its exit code."""
        process, self._process, self._received = self._process, None, b""
        if process is None:
            return None
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        try:
            return process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


class ChatServer:
    """An OpenAI-compatible server that is sent the bare questions; its URL goes up to "/v1".

    A reply that is a JSON object with "answer" is read as a line of predictions. Any other reply is the answer itself,
    and its quotations are the citations.
    """

    def __init__(self, url: str, settings: Settings) -> None:
        if settings.llm_is_local:
            raise QAError(
                f"QA_LLM_MODEL={settings.llm_model}: runs in this process; set it to the name of a model on the server"
            )
        try:
            model = make_language_model(settings.model_copy(update={"llm_url": url}))
        except QAError as error:
            raise QAError(str(error).replace("QA_LLM_URL", "--ask-url")) from None
        if model is None:
            raise QAError("--ask-url: no model is named; set QA_LLM_MODEL to its name on the server")
        self._model: LanguageModel = model

    def ask(self, question: Question) -> JSONObject:
        """Return the server's answer to a question; raises `LanguageModelError` if it fails."""
        asked = question.question
        if question.history:
            asked = "\n".join(["Asked before:", *question.history, "", "Question:", asked])
        text = reply_text(self._model.stream([Message("user", asked)], MAX_ANSWER_TOKENS)).strip()
        with suppress(ValueError, RecursionError):
            row = json.loads(text)
            if isinstance(row, dict) and "answer" in row:
                return row
        quoted = (text[start:end] for start, end in quoted_spans(text) if end - start >= _MIN_QUOTED_CHARACTERS)
        return {"answer": text, "citations": list(quoted)}
