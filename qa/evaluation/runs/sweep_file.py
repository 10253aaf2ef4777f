"""The TOML file of a sweep: the settings to try, and the questions and documents to try them on."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qa.errors import QAError

if TYPE_CHECKING:
    from qa.types import JSONObject

MAX_SETTINGS = 1_000
"""Limit of settings in a sweep."""

_MAX_NAME_CHARACTERS = 80
_Value = bool | int | float | str


class Sweep(BaseModel):
    """The content of a sweep's TOML file; paths are relative to its folder."""

    model_config = ConfigDict(extra="forbid", strict=True)

    questions: list[str] = Field(min_length=1)  # question sets
    docs: list[str] = Field(min_length=1)  # files or folders
    measure: str = "correct"  # a share in `qa.evaluation.analysis.compare.COMPARED`, by which the best is chosen
    held_out: float = Field(0.5, ge=0, lt=1)  # share of the questions that are held out to confirm the choice
    answers: Literal["extractive", "llm"] = "extractive"  # as for `qa.evaluation.batch.evaluate`
    grid: dict[str, list[_Value]] = {}  # values by setting; all combinations are tried, the first values first
    settings: list[dict[str, _Value]] = []  # to try before the grid: values by name, none for the defaults


def read_sweep(path: Path) -> tuple[Sweep, dict[str, JSONObject]]:
    """Read a sweep's file; also return all its settings by the name of their run folder.

    Raises
    ------
    QAError
        If it cannot be read, is malformed, or has an unknown setting or an invalid value; says which.
    """
    try:
        sweep = Sweep.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise QAError(f"{path}: cannot be read as a sweep: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise QAError(f"{path}: is not TOML: {error}") from None
    except ValidationError as error:
        raise QAError(f"{path}: {_problem(error)}") from None
    if any(not values for values in sweep.grid.values()):
        raise QAError(f"{path}: grid: a setting has no value; give each at least one")
    combined = (
        [dict(zip(sweep.grid, values, strict=True)) for values in product(*sweep.grid.values())] if sweep.grid else []
    )
    listed = [*sweep.settings, *combined]
    if not 2 <= len(listed) <= MAX_SETTINGS:
        raise QAError(
            f"{path}: has {len(listed)} settings; 2 to {MAX_SETTINGS:,} are needed, under [grid] or [[settings]]"
        )
    for values in listed:
        check_settings(values, str(path))
    located = {name: [str(path.parent / one) for one in getattr(sweep, name)] for name in ("questions", "docs")}
    return sweep.model_copy(update=located), {setting_name(values): values for values in listed}


def check_settings(values: JSONObject, where: str) -> None:
    """Check that all settings exist and have valid values; errors as for `read_sweep`."""
    from qa.settings import Settings

    try:
        Settings(**values)
    except ValidationError as error:
        raise QAError(f"{where}: settings: {_problem(error)}") from None


def setting_name(values: JSONObject) -> str:
    """Return a name for settings that is valid for a folder; equal settings have equal names."""
    whole = ",".join(f"{name}={value}" for name, value in values.items()) or "defaults"
    name = re.sub(r"[^\w.,=-]", "_", whole)[:_MAX_NAME_CHARACTERS].strip(".")
    if name != whole:
        name += "-" + hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:8]
    return name


def _problem(error: ValidationError) -> str:
    first: Any = error.errors(include_url=False, include_context=False)[0]
    location = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return f"{location}: there is no such entry; remove it"
    return f"{location}: {first['msg']}"
