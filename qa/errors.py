"""Errors that the user can fix.

Every message names the file or value at fault, the limit if one is exceeded, and what to do. Front ends print only the
message; a traceback is a bug.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import UnionType

    from pydantic import ValidationError

_MAX_FIELD_CHARS = 200
_MAX_VALUE_CHARS = 200


def check_type(what: str, value: object, kind: type | UnionType, expected: str) -> None:
    """Raise a `QAError` that shows the value, unless it is of a type; `expected` is the type in words."""
    if not isinstance(value, kind):
        raise QAError(f"{what} is {shortened_value(repr(value))}; expected {expected}")


def shortened_value(text: str) -> str:
    """Return a value as a message shows it: its start, if it is long."""
    return text if len(text) <= _MAX_VALUE_CHARS else f"{text[:_MAX_VALUE_CHARS]}\u2026"


def first_problem(error: ValidationError) -> str:
    """Return the first invalid field of a file, and what is wrong with it."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    # Keys can be any text, so they are escaped.
    return f"field {ascii('.'.join(map(str, first['loc'])))[:_MAX_FIELD_CHARS]}: {first['msg']}"


class QAError(Exception):
    """Base of all errors that the user can fix."""


class LoadError(QAError):
    """A document could not be read: missing, empty, encrypted, scanned, too large, badly encoded, of unknown type."""


class FetchError(QAError):
    """A web address could not be fetched: malformed, not public, failing, too large, too slow, of unknown type."""


class ModelError(QAError):
    """A model or tokenizer could not be found, loaded or verified."""


class ModelNotLoadedError(ModelError):
    """There is no model by the name that a setting or an argument gives, or it could not be loaded.

    Attributes
    ----------
    problem : str
        What happened and why, without what to do about it.
    """

    def __init__(self, problem: str, advice: str) -> None:
        # Both, since an error of another process is made again from its arguments.
        super().__init__(problem, advice)
        self.problem = problem

    def __str__(self) -> str:
        return "; ".join(self.args)


class ExportError(ModelError):
    """A model cannot be exported: of another form, too different from its source, or the folder cannot be written."""


class IndexFolderError(QAError):
    """An index folder is missing or damaged, or does not match the model or settings."""


class IndexServerError(QAError):
    """An index on a server is not reachable, too slow, not made by `qa`, or does not match the model or settings."""


class QuestionSetError(QAError):
    """A question set has a malformed line, or a question that does not match the documents."""


class ShardError(QAError):
    """Shards cannot be written or read, or their documents crash the workers."""


class ClusterError(QAError):
    """A Ray cluster is not available: Ray is not installed, or the cluster does not start or respond."""


class LanguageModelError(QAError):
    """A language model gave no complete reply: unreachable, refused, overloaded, too slow, or malformed."""


class PromptTooLongError(LanguageModelError):
    """The prompt and its answer exceed the context of the language model."""


class TruncatedReplyError(LanguageModelError):
    """A language model's reply ended at its limit of tokens; what there is of it has been yielded."""


class CancelledError(QAError):
    """The user cancelled the work, and its effects were undone."""

    def __init__(self) -> None:
        super().__init__("cancelled")


class RateLimitError(QAError):
    """A visitor, or all visitors together, exceeded a rate limit.

    Attributes
    ----------
    seconds : int
        Time until a retry can succeed.
    """

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(f"{message}; try again in {seconds} s")
        self.seconds = seconds
