"""The small real language model that `make test-llm` serves; without it, its tests are skipped."""

from __future__ import annotations

import os

import pytest
from conftest import ARTICLES

from qa import QA
from qa.settings import Settings


@pytest.fixture(scope="session")
def model_settings() -> Settings:
    url = os.environ.get("QA_TEST_LLM_URL")
    if not url:
        pytest.skip("no local language model is served; run make test-llm")
    # On two busy cores, it takes its time.
    return Settings(
        llm_model="smollm2-135m-instruct", llm_url=url, llm_timeout_seconds=900, llm_idle_timeout_seconds=600
    )


@pytest.fixture(scope="session")
def generating_bot(model_settings: Settings) -> QA:
    return QA.from_path(ARTICLES, settings=model_settings)
