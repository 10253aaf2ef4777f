"""Ask an article and get the exact excerpts.

The names below load their modules when first used, so that ``import qa`` stays light.
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

# onnxruntime tells Microsoft of its use unless this is set before it is first imported, here or by a package beneath.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# So does huggingface_hub, which asks its server for a list of programs as soon as anything makes headers with it: the
# first tool call of an MCP client did.
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

_HOME = {"QA": "qa.pipeline", "Settings": "qa.settings", "QAError": "qa.errors"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 -- a module's names have any type
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME.get(name, "qa.types")), name)
