"""Shared fixtures, an embedder without a model, and how tests are spread over the processes of pytest-xdist."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from saved_index import document, save

from qa import QA, Settings
from qa.documents.sandbox import Sandbox
from qa.models.embedder import embed_separately, make_embedder
from qa.models.span_model import BundledSpanModel, SpanModel, TokenScores, make_span_model
from qa.protocols import ChunkText, Embedder
from qa.settings import BUNDLED_MODEL, BUNDLED_READER
from qa.text.tokens import terms
from qa.types import Progress, Vectors

# The time of an example depends on the machine more than on the code.
settings.register_profile("untimed", deadline=None, max_examples=50)
FAST_EXAMPLES = 20
settings.register_profile("fast", settings.get_profile("untimed"), max_examples=FAST_EXAMPLES)
settings.load_profile("untimed")


def examples(count: int) -> settings:
    """Return settings that draw `count` examples, or as few as `make test-fast` draws for each property."""
    is_fast = settings().max_examples == FAST_EXAMPLES
    return settings(max_examples=min(count, FAST_EXAMPLES) if is_fast else count)


ROOT = Path(__file__).parents[1]
# Tests must not write into the user's own library.
os.environ["QA_LIBRARY"] = "off"
ARTICLES = ROOT / "data" / "articles"


GROUPS = {
    "app": (
        "browser/test_accessibility.py",
        "browser/test_api.py",
        "browser/test_chat_page.py",
        "browser/test_embedded.py",
        "browser/test_gradio_settings.py",
        "browser/test_hostile_document.py",
        "browser/test_library.py",
        "browser/test_page_details.py",
        "browser/test_pane.py",
        "browser/test_screenshot.py",
        "browser/test_start.py",
    ),
    "app, once more": (
        "browser/test_generated.py",
        "browser/test_isolation.py",
        "browser/test_long_article.py",
        "browser/test_server_process.py",
        "browser/test_slow_network.py",
        "browser/test_turns.py",
    ),
    "postgres": (
        "index/test_engines.py",
        "index/test_postgres.py",
        "index/test_postgres_outages.py",
        "index/test_postgres_writers.py",
    ),
    "torch": (
        "evaluation/metrics/test_squad.py",
        "fitting/test_fit.py",
        "generation/test_cross_encoder.py",
        "models/test_export.py",
        "models/test_named_models.py",
        "models/test_span_model.py",
        "test_languages.py",
        "training/test_late_pooling.py",
        "training/test_reader.py",
    ),
    "gradio": (
        "web/server/test_api.py",
        "web/server/test_event_streams.py",
        "web/server/test_request_bodies.py",
        "web/test_adding.py",
        "web/ui/test_library.py",
        "web/ui/test_saved_panel.py",
    ),
    "sample articles": (
        "answering/about/test_other_languages.py",
        "answering/test_reply.py",
        "answering/summaries/test_summaries.py",
        "retrieval/test_follow_ups.py",
        "web/ui/test_test_cases.py",
    ),
    "visitors' files": (
        "web/library/test_saved.py",
        "web/test_libraries.py",
    ),
    "scikit-learn": (
        "evaluation/metrics/test_selective.py",
        "evaluation/test_answer_judge.py",
    ),
    "documentation": ("test_docs.py",),
    "accuracy": ("test_accuracy.py",),
}
"""Files that share a server or a slow import, and so a process, and files that take long; these run first."""
GROUP_OF = {f"tests/{file}": group for group, files in GROUPS.items() for file in files}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Keep a file, and the files of a group, on one process of pytest-xdist.

    The marks of `--dist loadgroup` have no effect with pytest 9.2 and pytest-xdist 3.8.
    """
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = _group
    return scheduler


def _group(test: str) -> str:
    file = test.partition("::")[0]
    # Its tests are slow and share nothing.
    return test if file.endswith("test_linear_time.py") else GROUP_OF.get(file, file)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not import what no test runs of, as with `make test-fast`: each process would import PyTorch."""
    left_out = [mark for mark in ("browser", "space", "slow") if f"not {mark}" in config.option.markexpr]
    if "browser" in left_out and collection_path.name == "browser":
        return True
    if not left_out or not collection_path.match("test_*.py"):
        return None
    marked = re.compile(rf"^pytestmark = (\[\s*)?pytest\.mark\.({'|'.join(left_out)})\b", re.MULTILINE)
    return marked.search(collection_path.read_text("utf-8")) is not None or None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark browser tests; run groups, then slow files first, so that all processes end at about the same time."""
    missing = set()
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker("browser")
        for server in {"app", "postgres"}.intersection(getattr(item, "fixturenames", ())):
            if not _group(item.nodeid).startswith(server):
                missing.add(f"{item.path.name} in {server}")
    if missing:
        raise pytest.UsageError(f"GROUPS in {__file__} must list {', '.join(sorted(missing))}: these share a server")
    marks = ("browser", "space", "slow")
    slow = {item.path for item in items if any(map(item.get_closest_marker, marks))}
    order = {group: position for position, group in enumerate(GROUPS)}
    items.sort(key=lambda item: (order.get(_group(item.nodeid), len(order)), item.path not in slow))


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Stop tracing in tests marked `no_cover`: pytest-cov does not in a worker of pytest-xdist."""
    if item.get_closest_marker("no_cover") is None:
        return (yield)
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)


class TermEmbedder:
    """Embeds a text as the sum of fixed random vectors of its terms, so that shared words mean similarity."""

    fingerprint = "terms 64"
    dimension = 64

    def __init__(self) -> None:
        self.embedded = self.calls = 0

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return unit rows; count the texts and the calls."""
        self.embedded += len(texts)
        self.calls += 1
        vectors = np.stack([self._vector(text) for text in texts]) if texts else np.zeros((0, self.dimension))
        if progress:
            progress(len(texts), len(texts))
        return np.asarray(vectors, dtype=np.float32)

    def embed_chunks(self, chunks: Sequence[ChunkText], progress: Progress | None = None) -> tuple[Vectors, Vectors]:
        """Embed the chunk and its sentences as separate texts."""
        return embed_separately(self.embed, chunks, progress)

    def _vector(self, text: str) -> np.ndarray:
        total = np.sum([_direction(term) for term in ["", *terms(text)]], axis=0)
        return np.asarray(total / np.linalg.norm(total))


@cache
def _direction(term: str) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(term.encode("utf-8", "replace")).digest()[:8], "big")
    return np.random.default_rng(seed).standard_normal(TermEmbedder.dimension)


class Recorded:
    """The bundled span model, recording the pairs of each call."""

    fingerprint = "recorded"

    def __init__(self) -> None:
        self.calls: list[list[tuple[str, str]]] = []
        self._model = BundledSpanModel()

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        """Record the pairs, and return the scores of the bundled model."""
        self.calls.append(list(pairs))
        return self._model.score(pairs)


@pytest.fixture(scope="session", autouse=True)
def shared_models() -> Iterator[None]:
    """Load the bundled models once, however many bots the tests make."""
    embedder = cache(lambda threads, batch_size: make_embedder(Settings(threads=threads, batch_size=batch_size)))
    span_model = cache(lambda threads: make_span_model(Settings(threads=threads)))

    def shared_embedder(settings: Settings) -> Embedder:
        bundled = settings.embedding_model == BUNDLED_MODEL
        return embedder(settings.threads, settings.batch_size) if bundled else make_embedder(settings)

    def shared_span_model(settings: Settings) -> SpanModel:
        return span_model(settings.threads) if settings.reader_model == BUNDLED_READER else make_span_model(settings)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qa.pipeline.make_embedder", shared_embedder)
        patch.setattr("qa.pipeline.make_span_model", shared_span_model)
        yield


@pytest.fixture(scope="session", autouse=True)
def unsynchronised_files() -> Iterator[None]:
    """Leave it to the system when it writes files to the disk: no test looks at what a power failure leaves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield


@pytest.fixture(scope="session")
def warm_sandboxes() -> Iterator[Callable[..., Sandbox]]:
    """Return a factory that shares one sandbox, already started, among all users of the same settings."""
    made: dict[str, Sandbox] = {}
    limits = {name for name in Settings.model_fields if name.startswith(("parse_", "ocr_"))} | {"allow_unreadable"}

    def make(settings: Settings, *, warm: bool) -> Sandbox:
        return made.setdefault(settings.model_dump_json(include=limits), Sandbox(settings, warm=warm))

    yield make
    for sandbox in made.values():
        sandbox.close()


@pytest.fixture
def warm_visitors(monkeypatch: pytest.MonkeyPatch, warm_sandboxes: Callable[..., Sandbox]) -> None:
    """Read visitors' files in sandboxes that all tests share."""
    monkeypatch.setattr("qa.web.library_registry.Sandbox", warm_sandboxes)


@pytest.fixture
def embedder() -> TermEmbedder:
    return TermEmbedder()


@pytest.fixture(scope="session")
def sample_bot() -> QA:
    return QA.from_path(ARTICLES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an index folder of three documents."""
    folder = tmp_path / "index"
    save(folder, document("a.md"), document("b.md"), document("c.md"))
    return folder


class Clock:
    """A clock that returns the seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()
