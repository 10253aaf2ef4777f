from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def warm(warm_visitors: None) -> None:
    """Read what visitors add in processes that all tests share."""
