from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def warm(warm_visitors: None) -> None:
    """Read visitors' files in sandboxes that all tests share."""
