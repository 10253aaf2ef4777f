"""The web chat, which `qa.web.server.server.serve` runs. Importing this does not import Gradio."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn

# Gradio contacts other hosts unless this is set before it is imported.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
# Its queue would keep 10,000 events, and recompute statistics of all of them after each.
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(sys.maxsize))

_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h


def prepare_process() -> None:
    """Prepare a process that only serves the chat. Call this before models are loaded.

    glibc allocates from one malloc arena, unless MALLOC_ARENA_MAX says otherwise: each answer has a thread of its own,
    and arenas per thread would fragment the heap. glibc ignores the limit once it has created its arenas.
    """
    if sys.platform == "linux" and "MALLOC_ARENA_MAX" not in os.environ:
        import ctypes

        # C libraries other than glibc have no mallopt.
        with suppress(AttributeError):
            ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def exit_process() -> NoReturn:
    """Exit the process that served, with status 0.

    Threads may still be answering. Shutting the interpreter down under them would abort the process or print errors.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
