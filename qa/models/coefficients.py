"""Fitted coefficients: JSON files beside the models, which say what they were fitted on, when and by which command."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, PlainSerializer, ValidationError

from qa.errors import ModelError
from qa.files import write_file
from qa.models.bundled import verified

FOLDER = Path(__file__).parent
BY_FIELD = PlainSerializer(lambda weights: weights._asdict())
"""Annotation for a NamedTuple of weights, which Pydantic would write as a list."""


class Coefficients(BaseModel):
    """What every file of coefficients says; a subclass adds the coefficients.

    Attributes
    ----------
    fitted_on : str
        The data, in words.
    date : date
        When they were fitted.
    command : str
        Fits them again.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    fitted_on: str
    date: datetime.date
    command: str


Schema = TypeVar("Schema", bound=Coefficients)


def load_coefficients(file: Path, schema: type[Schema]) -> Schema:
    """Return the coefficients of a file that ships with the package.

    Raises
    ------
    ModelError
        If the file is missing or another, or a field of it is missing, unknown or not of its kind.
    """
    return _parsed(verified(file), schema, "install the package again")


def read_coefficients(file: Path, schema: type[Schema], command: str = "qa fit") -> Schema:
    """Return the coefficients of a file that a command wrote.

    Raises
    ------
    ModelError
        If the file cannot be read, or a field of it is missing, unknown or not of its kind.
    """
    try:
        return _parsed(file, schema, f"write it again with: {command}")
    except OSError as error:
        raise ModelError(
            f"{file}: the coefficients cannot be read: {error.strerror}; name a file of {command}"
        ) from None


def save_coefficients(file: Path, coefficients: Coefficients) -> None:
    """Write coefficients as they are read, atomically; raises `OSError`."""
    write_file(file, f"{coefficients.model_dump_json(indent=2)}\n".encode())


def _parsed(file: Path, schema: type[Schema], remedy: str) -> Schema:
    try:
        return schema.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise ModelError(f"{file}: field {field!r}: {first['msg']}; {remedy}") from None
