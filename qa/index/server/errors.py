"""The errors of a server's client -> the one error of an index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from qa.errors import IndexServerError


@contextmanager
def server_errors(shown: str, action: str, extra: str, reason: Callable[[Exception], str] = str) -> Iterator[None]:
    """Turn whatever a call raises into an `IndexServerError`.

    Parameters
    ----------
    shown : str
        The address, for messages.
    action : str
        What the server could not do: "be reached".
    extra : str
        The extra of this package that installs the client.
    reason : callable, optional
        What an error says; by default its text.
    """
    try:
        yield
    except IndexServerError:
        raise
    except ImportError as error:
        raise IndexServerError(
            f"{shown}: needs a package that is not installed ({error.name}); pip install 'cited-qa[{extra}]'"
        ) from error
    except Exception as error:  # each client raises its own
        said = " ".join(reason(error).split())[:300] or type(error).__name__
        raise IndexServerError(f"{shown}: could not {action} ({said})") from error
