"""Make Gradio's objects where they leave no event loop open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def in_a_loop(make: Callable[[], Result]) -> Result:
    """Call a function where an event loop runs; without one, Gradio creates loops and leaves them open."""

    async def made() -> Result:
        return make()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(made())).result()
