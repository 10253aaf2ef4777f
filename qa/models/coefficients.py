"""Fitted coefficients: JSON files with the data, date and command of the fit."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, PlainSerializer, ValidationError

from qa.errors import ModelError, first_problem
from qa.files import write_file
from qa.models.bundled import verified

BY_FIELD = PlainSerializer(lambda weights: weights._asdict())
"""Annotation for a NamedTuple of weights, so that pydantic does not write it as a list."""


class Coefficients(BaseModel):
    """The fields of every file of coefficients; subclasses add the coefficients."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    fitted_on: str  # description of the data
    date: datetime.date  # of the fit
    command: str  # that repeats the fit


Schema = TypeVar("Schema", bound=Coefficients)


def load_coefficients(file: Path, schema: type[Schema]) -> Schema:
    """Read a bundled file of coefficients; raise a `ModelError` if its SHA-256 or a field is not valid."""
    return _parsed(verified(file), schema, "reinstall the package")


def read_coefficients(file: Path, schema: type[Schema], command: str = "qa fit") -> Schema:
    """Read a file of coefficients that a command wrote; raise a `ModelError` if it or a field of it is not valid."""
    try:
        return _parsed(file, schema, f"write it again with: {command}")
    except OSError as error:
        raise ModelError(
            f"{file}: the coefficients cannot be read: {error.strerror}; name a file that {command} wrote"
        ) from None


def save_coefficients(file: Path, coefficients: Coefficients) -> None:
    """Write a file of coefficients atomically; raises OSError."""
    write_file(file, f"{coefficients.model_dump_json(indent=2)}\n".encode())


def _parsed(file: Path, schema: type[Schema], remedy: str) -> Schema:
    try:
        return schema.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise ModelError(f"{file}: {first_problem(error)}; {remedy}") from None
