"""Translation of a database client's errors into `IndexServerError`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from qa.errors import IndexServerError


@contextmanager
def server_errors(shown: str, action: str, extra: str, reason: Callable[[Exception], str] = str) -> Iterator[None]:
    """Raise an `IndexServerError` for any error in the block.

    Parameters
    ----------
    shown : str
        The address, for messages.
    action : str
        What failed, after "could not": "be reached".
    extra : str
        The extra of this package that installs the client.
    reason : callable, optional
        Returns the message of an error; `str` by default.
    """
    try:
        yield
    except IndexServerError:
        raise
    except ImportError as error:
        raise IndexServerError(
            f"{shown}: needs a package that is not installed ({error.name}); pip install 'cited-qa[{extra}]'"
        ) from error
    except Exception as error:  # every client has its own base class
        message = " ".join(reason(error).split())[:300] or type(error).__name__
        raise IndexServerError(f"{shown}: could not {action} ({message})") from error
