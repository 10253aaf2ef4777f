"""Ask an article and get the exact excerpts.

Names are imported at first use, so that ``import qa`` is fast.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qa.errors import QAError
    from qa.pipeline import QA
    from qa.settings import Settings
    from qa.types import Answer, Chunk, Citation, Document, Passage, Request, Turn

# Must be set before any package imports onnxruntime, which otherwise sends telemetry to Microsoft.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# huggingface_hub otherwise contacts its server when a client first builds request headers, as an MCP tool call does.
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

__version__ = "0.1.0"
__all__ = [
    "QA",
    "Answer",
    "Chunk",
    "Citation",
    "Document",
    "Passage",
    "QAError",
    "Request",
    "Settings",
    "Turn",
    "__version__",
]


def __dir__() -> list[str]:
    """Return also the names that are not imported yet, for completion in a shell or notebook."""
    return sorted({*globals(), *__all__})


_HOME = {"QA": "qa.pipeline", "Settings": "qa.settings", "QAError": "qa.errors"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 -- a module's names have any type
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME.get(name, "qa.types")), name)
