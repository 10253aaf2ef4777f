"""What a command does beside its work in a test: it begins an outage of the server, or notes what it embeds."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Timer
from time import monotonic
from typing import Any, Literal

from qa.index.milvus.client import Store
from qa.ingestion import ingest
from qa.types import Document

Kind = Literal["stopped", "killed", "killed while it works"]


def outage(server: int, kind: Kind, method: str, calls: int, told: str) -> None:
    """Stop or kill the server just before a call of a method of `Store`.

    Parameters
    ----------
    server : int
        Its process group.
    kind : str
        With "killed while it works" the call is on its way when the server is killed.
    method : str
    calls : int
        The call by its number, from 1.
    told : str
        File to which is written how many seconds that call then took to fail.
    """
    left = iter(range(1, calls))
    called: Callable[..., Any] = getattr(Store, method)

    def call(*arguments: object, **named: object) -> Any:  # noqa: ANN401
        if next(left, None) is not None:
            return called(*arguments, **named)
        os.killpg(server, signal.SIGKILL if kind == "killed" else signal.SIGSTOP)
        if kind == "killed while it works":
            Timer(0.5, os.killpg, (server, signal.SIGKILL)).start()
        began = monotonic()
        try:
            return called(*arguments, **named)
        except Exception:
            Path(told).write_text(str(monotonic() - began), encoding="ascii")
            raise

    setattr(Store, method, call)


def noting(told: str) -> None:
    """Write the ids of the documents that are embedded to a file."""
    name = "embed_documents"
    embed: Callable[..., Any] = getattr(ingest, name)

    def noted(documents: Sequence[Document], *rest: object) -> Any:  # noqa: ANN401
        with Path(told).open("a", encoding="utf-8") as file:
            file.writelines(f"{document.id}\n" for document in documents)
        return embed(documents, *rest)

    setattr(ingest, name, noted)
