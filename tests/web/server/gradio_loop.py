"""Make Gradio's objects where they leave no event loop open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def in_a_loop(make: Callable[[], Result]) -> Result:
    """Return what is made where an event loop runs; Gradio makes loops of its own elsewhere, and leaves them open."""

    async def made() -> Result:
        return make()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(made())).result()
