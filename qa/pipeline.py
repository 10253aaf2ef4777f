"""The `QA` class, which combines all stages from documents to answers."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from time import perf_counter

from qa.answering.about.bot_replies import Library
from qa.answering.about.other_languages import in_its_language
from qa.answering.answers import about_if_declined, answer_of
from qa.answering.direct_reply import direct_reply
from qa.answering.evidence import Evidence
from qa.answering.questions.kinds import classify
from qa.answering.reading.reader import SpanReader
from qa.answering.reading.scoring import coefficients_for
from qa.answering.reply import compose
from qa.documents.loader import LoadReport, load_paths
from qa.documents.sandbox import Sandbox
from qa.errors import LanguageModelError, check_type
from qa.files import as_path
from qa.generation.generator import AnswerGenerator, make_generator
from qa.index.base import MutableIndex
from qa.index.builder import embed_documents
from qa.index.delta import rebuild_changed
from qa.index.memory import PassageIndex
from qa.index.open import open_index
from qa.index.storage import save_index
from qa.models.embedder import make_embedder
from qa.models.span_model import SpanModel, make_span_model
from qa.protocols import AnswerSpan, Embedder, Reader
from qa.retrieval.follow_ups import article_before, besides_earlier, preferring, with_article
from qa.retrieval.hybrid import Retriever
from qa.retrieval.query_rewriting import RewrittenQuestion, rewrite_question
from qa.retrieval.request_limits import check_count, check_documents, check_request, document_list
from qa.retrieval.spelling import corrected, with_spelling
from qa.settings import BUNDLED_MODEL, Settings
from qa.types import Answer, Document, Passage, Progress, Request, Turn

PASSAGES_SHOWN = 10
EARLY_EXIT_CONFIDENCE = 0.9
"""At this confidence the remaining passages are not read, because they hardly ever contain a better answer."""


class QA:
    """A library of documents that answers questions with exact excerpts.

    Models are loaded at first use, unless the settings name coefficients, which are checked against them at once.
    Questions may be asked from several threads, but not while documents are added or removed.

    Parameters
    ----------
    settings : Settings, optional
        By default read from the environment.
    embedder : Embedder, optional
    reader : Reader, optional
    generator : AnswerGenerator, optional
        Writes answers with a language model. Models that are not passed in are those that the settings name.
    index : MutableIndex, optional
        By default an empty one in memory.

    Attributes
    ----------
    load_report : LoadReport
        What `from_path` loaded and what it skipped.
    files : mapping of str to Path
        The files passed to this process, by document id. Pages are rendered only from these, never from an index's.
    added : mapping of str to datetime
        When visitors added documents, by id.
    partly_read : mapping of str to float
        The share of the text that can be searched so far, 0 to 1, of documents still being added, by id.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        embedder: Embedder | None = None,
        reader: Reader | None = None,
        generator: AnswerGenerator | None = None,
        index: MutableIndex | None = None,
    ) -> None:
        self.settings = Settings.given(settings)
        self.embedder = embedder or make_embedder(self.settings)
        self.reader = reader or self._span_reader(make_span_model(self.settings))
        self.generator = generator or make_generator(self.settings, self.embedder)
        self._index = index
        self.load_report = LoadReport((), ())
        self.files: Mapping[str, Path] = {}
        self.added: Mapping[str, datetime] = {}
        self.partly_read: Mapping[str, float] = {}

    @classmethod
    def from_path(
        cls,
        *paths: str | Path,
        settings: Settings | None = None,
        progress: Progress | None = None,
        reading: Progress | None = None,
    ) -> QA:
        """Load and embed files, folders or web addresses.

        `reading` is called with (files read, total files), then `progress` with (characters embedded, total
        characters).

        Raises
        ------
        LoadError
            If a file in `paths` cannot be read, or nothing can. Unreadable files in folders are in `load_report`.
        """
        bot = cls(settings)
        bot.load_report = load_paths(paths, bot.settings, sandbox=Sandbox(bot.settings), progress=reading)
        bot.files = bot.load_report.files
        bot.add(bot.load_report.documents, progress)
        return bot

    @classmethod
    def from_index(cls, location: str | Path, *, settings: Settings | None = None) -> QA:
        """Open an index in a folder or on a server; see `qa.index.open.open_index`."""
        bot = cls(settings)
        bot._index = open_index(location, bot.embedder, bot.settings)
        return bot

    def with_language_model(self, name: str) -> QA:
        """Return a bot with the same documents and another language model; without one if `name` is empty.

        Raises
        ------
        QAError
            If the model is not available.
        """
        bot = copy(self)
        bot.settings = self.settings.model_copy(update={"llm_model": name})
        bot.generator = make_generator(bot.settings, bot.embedder)
        return bot

    @property
    def index(self) -> MutableIndex:
        """The index of the documents."""
        if self._index is None:
            self._index = PassageIndex(self.embedder.dimension)
        return self._index

    @property
    def documents(self) -> Mapping[str, Document]:
        """The documents by id, in order."""
        return self.index.documents

    def contains(self, document: Document) -> bool:
        """Return whether the library contains the same document, possibly from another source."""
        known = self.documents.get(document.id)
        return known is not None and replace(known, source=document.source) == document

    def add(self, documents: Iterable[Document], progress: Progress | None = None) -> None:
        """Add documents, replacing those with the same ids; unchanged ones are not embedded again."""
        changed = [document for document in document_list(documents) if not self.contains(document)]
        for entry in embed_documents(changed, self.embedder, self.settings, progress):
            self.index.add(entry)

    def replace(self, documents: Sequence[Document], progress: Progress | None = None) -> None:
        """Make these the only documents; unchanged ones are not embedded again.

        They keep this order, except in a large library, which keeps the order in which they were added.
        """
        documents = document_list(documents)
        changed = [document for document in documents if not self.contains(document)]
        embedded = embed_documents(changed, self.embedder, self.settings, progress)
        self._index = rebuild_changed(self.index, documents, {entry.document.id: entry for entry in embedded})

    def remove(self, document_id: str) -> None:
        """Remove a document.

        Raises
        ------
        QAError
            If there is no document with this id.
        """
        check_type("the id of the document", document_id, str, "text")
        self._check_documents([document_id])
        self.index.remove(document_id)

    def save(self, folder: str | Path) -> None:
        """Save as an index folder; see `qa.index.storage`."""
        save_index(as_path("the folder", folder), self.index, self.embedder, self.settings)

    def search(
        self, question: str, k: int = PASSAGES_SHOWN, *, documents: Collection[str] | None = None
    ) -> list[Passage]:
        """Return the `k` best passages for a question, best first.

        Raises `QAError` as `ask` does, and if `k` is not a whole number of at least 1.
        """
        check_count("k", k)
        request = Request(question, documents=documents)
        self._check(request)
        return self._retriever.retrieve(question, k, request.documents)

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn | str] = (),
        searched_for: str | None = None,
        documents: Collection[str] | None = None,
        always_answer: bool = False,
        id: str | None = None,  # noqa: A002 -- the contract's name
    ) -> Answer:
        """Answer a question with excerpts, or abstain.

        If the settings name a language model, it writes the answer; see `stream`.

        Parameters
        ----------
        question : str
        history : sequence of Turn or str
            The conversation so far, oldest first; a string is a question without its answer.
        searched_for : str, optional
            The standalone question to search for; by default `rewrite_question` makes it from the history.
        documents : collection of str, optional
            Ids of documents to search within; all by default.
        always_answer : bool
            Answer even below the confidence threshold.
        id : str, optional
            Copied to the answer.

        Raises
        ------
        QAError
            If the request is not valid; see `qa.retrieval.request_limits`.
        """
        request = Request(question, history, searched_for, documents, id)
        return deque(self.stream(request, always_answer=always_answer), maxlen=1)[0]

    def stream(self, request: Request, *, always_answer: bool = False) -> Iterator[Answer]:
        """Yield the answer to a question as the language model writes it, then the final answer.

        Earlier answers contain the complete sentences so far, and the incomplete one in `generated.partial_sentence`;
        the final one has the verdicts. Without a language model, or with too low a confidence to ask it, only the
        extractive answer is yielded, as it is at last if the model fails: `generated.problem` says why.
        With `always_answer`, the confidence thresholds do not apply.

        Raises
        ------
        QAError
            See `ask`.
        """
        reply = self._reply(request) if self.generator else None
        if self.generator is None or (reply and reply.kind != "summary"):
            yield reply or self.ask_many([request], always_answer=always_answer)[0]
            return
        turns = [Turn(turn) if isinstance(turn, str) else turn for turn in request.history]
        if reply:
            documents = tuple(dict.fromkeys(citation.document for citation in reply.citations))
            yield from self.generator.generate(reply, self.documents, turns, summarised=documents)
            return
        problem = spent = None
        if request.searched_for is None:
            try:
                searched_for, spent = self.generator.rewrite(request.question, turns)
                request = replace(request, searched_for=searched_for)
            except LanguageModelError as error:
                problem = str(error)
        [answer] = self._extracted([request], always_answer=always_answer)
        asks_model = problem or always_answer or answer.confidence >= self.settings.llm_threshold
        if answer.kind == "about" or not asks_model:
            yield answer
        elif problem is not None:
            yield self.generator.failed(answer, problem)
        else:
            yield from self.generator.generate(answer, self.documents, turns, spent=spent, always_answer=always_answer)

    def ask_many(self, requests: Sequence[Request], *, always_answer: bool = False) -> list[Answer]:
        """Answer several questions in one batch, without a language model.

        The answers equal those of `ask`, up to rounding; the timings are shares of the whole batch.

        Raises
        ------
        QAError
            If any request is not valid; then none is answered. See `ask`.
        """
        check_type("requests", requests, Sequence, "a list of Requests")
        replies = [self._reply(request) for request in requests]
        asked = [request for request, reply in zip(requests, replies, strict=True) if reply is None]
        answers = iter(self._extracted(asked, always_answer=always_answer))
        if not always_answer:
            answers = (in_its_language(answer, self.documents, self.settings) for answer in answers)
        return [reply or next(answers) for reply in replies]

    def _reply(self, request: Request) -> Answer | None:
        """Return the reply to a question that needs no search, such as a greeting; None for any other question."""
        started = perf_counter()
        self._check(request)
        if request.searched_for is not None:
            return None
        search = partial(self._retriever.retrieve, k=PASSAGES_SHOWN, documents=request.documents)
        asked = replace(request, question=corrected(request.question, self.index))
        reply = direct_reply(asked, self._library(request), search, self.index.entry)
        timings = {"retrieve": 0.0, "read": 0.0, "total": 1000 * (perf_counter() - started)}
        return answer_of(reply, request, request.question, timings) if reply else None

    def _library(self, request: Request) -> Library:
        return Library(self.documents, self.settings, self.added, request.documents, self._mentions)

    def _check(self, request: Request) -> None:
        check_request(request, self.settings.max_question_characters)
        self._check_documents(request.documents)

    def _check_documents(self, named: Collection[str] | None) -> None:
        if named:
            self.index.look_up(named)
        check_documents(named, self.documents)

    def _mentions(self, term: str) -> bool:
        return len(self.index) > 0 and self.index.keyword.document_frequencies([term])[term] > 0

    def _extracted(self, requests: Sequence[Request], *, always_answer: bool) -> list[Answer]:
        started = perf_counter()
        read = self.settings.passages_read
        resolved = [self._resolve_question(request) for request in requests]
        searched = [(one.searched_for, request.documents) for one, request in zip(resolved, requests, strict=True)]
        retriever = self._retriever
        found = retriever.retrieve_many(searched, max(PASSAGES_SHOWN, read))
        articles = {
            n: article
            for n, (one, request) in enumerate(zip(resolved, requests, strict=True))
            if one.before and (article := article_before(retriever, one.before, request.documents))
        }
        for n, article in articles.items():
            found[n] = with_article(retriever, searched[n][0], found[n], read, article)
        retrieved = perf_counter()
        to_read = [(one.asked, passages[:read]) for one, passages in zip(resolved, found, strict=True)]
        spans = self.reader.read_many(to_read, _is_confident)
        for n, one in enumerate(requests):
            spans[n] = besides_earlier(one, preferring(one, spans[n], articles.get(n), self.documents), self.documents)
        finished = perf_counter()
        share = 1000 / max(1, len(requests))
        timings = {
            "retrieve": share * (retrieved - started),
            "read": share * (finished - retrieved),
            "total": share * (finished - started),
        }
        threshold = 0.0 if always_answer else self.settings.answer_threshold
        return [
            self._answer(request, rewritten, passages, best, threshold, dict(timings))
            for request, rewritten, passages, best in zip(requests, resolved, found, spans, strict=True)
        ]

    def _span_reader(self, model: SpanModel) -> SpanReader:
        reader = SpanReader(model, partial(coefficients_for, self.settings, model, self.embedder))
        if self.settings.coefficients:
            # Report errors before hours of embedding.
            _ = reader.coefficients
        return reader

    @property
    def _retriever(self) -> Retriever:
        across_languages = self.settings.embedding_model != BUNDLED_MODEL
        return Retriever(self.index, self.embedder, self.settings.passage_tokens, across_languages=across_languages)

    def _resolve_question(self, request: Request) -> RewrittenQuestion:
        """Return the question to search for, and the one to ask of the passages."""
        if request.searched_for is not None:
            return RewrittenQuestion(request.searched_for, request.searched_for)
        rewritten = with_spelling(rewrite_question(request.question, request.history), self.index)
        # If it is too long, its start is cut off, since the question itself is at the end.
        return replace(rewritten, searched_for=rewritten.searched_for[-self.settings.max_question_characters :])

    def _answer(
        self,
        request: Request,
        rewritten: RewrittenQuestion,
        passages: Sequence[Passage],
        spans: Sequence[AnswerSpan],
        threshold: float,
        timings_ms: dict[str, float],
    ) -> Answer:
        """Return the answer, which abstains below the confidence threshold."""
        started = perf_counter()
        search = cache(partial(self._retriever.retrieve, k=self.settings.passages_read, documents=request.documents))
        asked = classify(rewritten.answered)
        evidence = Evidence(rewritten.answered, asked, spans, passages, self.documents, search, self.settings)
        reply = compose(evidence)
        given = reply is not None and reply.confidence >= threshold
        for stage in ("read", "total"):
            timings_ms[stage] += 1000 * (perf_counter() - started)
        among = self.partly_read if request.documents is None else request.documents
        partly_read = {name: share for name, share in self.partly_read.items() if name in among}
        answer = answer_of(reply, request, rewritten.searched_for, timings_ms, given=given, kind=asked.kind)
        answer = replace(answer, passages=tuple(passages[:PASSAGES_SHOWN]), partly_read=partly_read)
        return about_if_declined(answer, request, self._library(request))


def _is_confident(question: str, spans: Sequence[AnswerSpan]) -> bool:
    return bool(spans) and spans[0].confidence >= EARLY_EXIT_CONFIDENCE and classify(question).kind != "list"
