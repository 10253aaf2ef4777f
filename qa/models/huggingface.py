"""Models from a local folder or the Hugging Face Hub."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from qa.errors import ExportError, ModelError, ModelNotLoadedError
from qa.models.bundled import file_digest
from qa.settings import BUNDLED_MODEL, Settings

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

Model = TypeVar("Model")
_log = logging.getLogger(__name__)
_CONFIGURATIONS = ("config.json", "modules.json", "adapter_config.json")
"""At least one of these files is in the folder of a model."""

_HUB_TIMEOUT_SECONDS = 10.0


def user_path(name: str) -> Path:
    """Return a path in which "~" is the home folder; "~someone" without a home stays as it is."""
    return Path(os.path.expanduser(name))  # noqa: PTH111 -- `Path.expanduser` fails without a home


def local_folder(kind: str, name: str) -> Path | None:
    """Return the folder that the name of an "embedding" or "reader" model refers to, or None for a Hub id.

    An empty name, one that can only be a folder and is none, and a folder without a model raise a `ModelError`.
    """
    folder = user_path(name)
    if not name:
        raise cannot_load(kind, name, "the name is empty")
    if folder.is_dir():
        # Checked first: the digest reads every file, and the folder may be any.
        if not any((folder / file).is_file() for file in _CONFIGURATIONS):
            raise cannot_load(kind, name, f"the folder has no {_CONFIGURATIONS[0]}")
        return folder
    if folder.is_absolute() or name.startswith((".", "~")):
        raise cannot_load(kind, name, "there is no such folder")
    return None


def find_model(kind: str, name: str) -> tuple[str, bool]:
    """Return where the library of an "embedding" or "reader" model loads it from, and whether from local files only.

    While the Hub cannot be reached, its models come from the local cache. One request finds out: the libraries would
    repeat theirs for each file, which takes about a minute.

    Raises
    ------
    ModelError
        If there is no such folder (see `local_folder`), or no such model on the Hub or, without it, in the cache.
    """
    if folder := local_folder(kind, name):
        return str(folder), True
    from huggingface_hub import HfApi, try_to_load_from_cache
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, RepositoryNotFoundError

    try:
        HfApi().model_info(name, timeout=_HUB_TIMEOUT_SECONDS)
    except HFValidationError as error:
        raise cannot_load(kind, name, "there is no such folder, and a Hub id has the form owner/name") from error
    except RepositoryNotFoundError as error:
        raise cannot_load(kind, name, "the Hub has no such model, or not for this account") from error
    except HfHubHTTPError:
        return name, False
    except Exception as error:  # The class depends on the HTTP library that the client uses.
        if not any(isinstance(try_to_load_from_cache(name, file), str) for file in _CONFIGURATIONS):
            raise cannot_load(kind, name, "the Hub cannot be reached, and the local cache has no such model") from error
        return name, True
    return name, False


def on_processor(settings: Settings) -> bool:
    """Return whether models run on the CPU; raise a `ModelError` if the device or its backend is not available."""
    if settings.device == "cpu":
        return True
    import torch

    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if settings.device != "auto" and not found[settings.device]:
        raise ModelError(f"QA_DEVICE={settings.device}: torch finds no such device; set QA_DEVICE to auto or cpu")
    if settings.backend in {"onnx", "openvino"}:
        if settings.device != "auto":
            raise ModelError(
                f"QA_BACKEND={settings.backend} runs on the processor; set QA_DEVICE=cpu, or QA_BACKEND=torch"
            )
        return True
    return not any(found.values())


def device_of(settings: Settings) -> str:
    """Return the device on which torch runs models; see `on_processor` for errors."""
    if on_processor(settings):
        return "cpu"
    import torch

    return settings.device if settings.device != "auto" else "cuda" if torch.cuda.is_available() else "mps"


def devices_of(settings: Settings) -> list[str]:
    """Return all devices on which torch runs models: every CUDA GPU, or the device of `device_of`."""
    device = device_of(settings)
    if device != "cuda":
        return [device]
    import torch

    return [f"cuda:{number}" for number in range(torch.cuda.device_count())]


def on_chosen_backend(settings: Settings, exported: Callable[[], Model], loaded: Callable[[], Model]) -> Model:
    """Return a model on the backend that the settings choose: exported, or loaded by its own library.

    Raises
    ------
    ModelError
        If it cannot be loaded, or the settings require an export that fails.
    """
    if settings.backend in {"auto", "onnx"} and on_processor(settings):
        try:
            return exported()
        except ExportError as error:
            if settings.backend == "onnx":
                raise
            _log.warning("%s; torch runs it, which is slower", error)
    return loaded()


class Prompts(NamedTuple):
    """The prefixes of questions and of chunks."""

    query: str
    passage: str


def prompts_of(model: SentenceTransformer) -> Prompts:
    """Return the prompts in a model's own files."""
    known = model.prompts
    return Prompts(known.get("query") or "", known.get("passage") or known.get("document") or "")


def prepare(threads: int) -> None:
    """Set the number of threads and switch off progress bars, before torch and transformers load a model."""
    # The variable is read when the package is imported.
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    import torch
    from transformers.utils import logging as transformers_logging

    torch.set_num_threads(threads)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def cannot_load(kind: str, name: str, reason: str) -> ModelNotLoadedError:
    """Return the error for a model that could not be loaded."""
    return ModelNotLoadedError(
        f"{kind} model {name!r} could not be loaded ({reason})",
        f"set QA_{kind.upper()}_MODEL to {BUNDLED_MODEL!r}, to the folder of a model, or to a Hub id while online",
    )


def fingerprint(kind: str, name: str, load: Callable[[], torch.nn.Module]) -> str:
    """Return the name of a model, its precision, and a SHA-256 over its files or, from the Hub, its weights.

    The model is loaded only if its files are not in a local folder.
    """
    folder = local_folder(kind, name)
    return f"{name} float32 {folder_digest(folder) if folder else weights_digest(load())}"


def folder_digest(folder: Path) -> str:
    """Return a SHA-256 over the names and contents of a model's files."""
    weights = sorted(file for file in folder.rglob("*") if file.suffix in {".safetensors", ".bin", ".json", ".txt"})
    digest = hashlib.sha256()
    for file in weights:
        digest.update(f"{file.relative_to(folder).as_posix()} {file_digest(file)}\n".encode())
    return digest.hexdigest()


def weights_digest(model: torch.nn.Module) -> str:
    """Return a SHA-256 over the names and values of a loaded model's weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode() + tensor.cpu().contiguous().float().numpy().tobytes())
    return digest.hexdigest()
