"""Typed results -> a pandas DataFrame, where pandas is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qa.errors import QAError

if TYPE_CHECKING:
    import pandas as pd


def to_frame(rows: Sequence[Mapping[str, Any]], index: str) -> pd.DataFrame:
    """Return a table of the rows, indexed by one of their columns.

    Raises
    ------
    QAError
        When pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise QAError("a table needs the package pandas: pip install pandas") from error
    return pd.DataFrame(rows).set_index(index)
