"""An extractive answer -> one that a language model writes, each sentence with its evidence and the verdict on it."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from time import perf_counter

from qa.claims import NOTHING_FOUND, Generated
from qa.documents.chunking import count_tokens
from qa.errors import LanguageModelError, ModelError, PromptTooLongError
from qa.generation.draft import Draft
from qa.generation.judge import Judge, make_judge
from qa.generation.prompt import (
    CONTEXT_FRACTION,
    NOT_STATED,
    answer_prompt,
    notes_prompt,
    prompt_tokens,
    rewrite_prompt,
    rewritten,
)
from qa.generation.sources import Sources, choose
from qa.models.llm_client import make_language_model
from qa.protocols import Embedder, LanguageModel
from qa.retrieval.query_rewriting import is_standalone
from qa.settings import Settings
from qa.types import NOT_FOUND, Answer, Document, Passage, Turn

_log = logging.getLogger(__name__)
_GROWTH = 50  # a reply is parsed again once it has grown by that part of its length
_QUESTION_TOKENS = 100  # of a rewritten question
_SHORTEST_CONTEXT = 1024
_ALL = re.compile(r"\b(?:all|every|each|complete|full|entire)\b", re.IGNORECASE)
NOTHING_SUPPORTED = "none of its sentences is supported by its evidence"
NO_ROOM = "its context (QA_LLM_CONTEXT_TOKENS) has no room for a passage beside the answer (QA_LLM_ANSWER_TOKENS)"
NOTHING_WRITTEN = "its reply has no sentence"


class AnswerGenerator:
    """Generates answers with a language model, finds the evidence of their sentences and has them judged.

    Parameters
    ----------
    model : LanguageModel
    embedder : Embedder
    settings : Settings
    judge : Judge, optional
    served_tokens : callable, optional
        Returns the context that the server gives the model, in tokens; None if it does not tell.
    """

    def __init__(
        self,
        model: LanguageModel,
        embedder: Embedder,
        settings: Settings,
        judge: Judge | None = None,
        served_tokens: Callable[[], int | None] = lambda: None,
    ) -> None:
        self._model = model
        self._embedder = embedder
        self._settings = settings
        self._judge = judge
        self._served_tokens = served_tokens
        self._context = 0

    def rewrite(self, question: str, turns: Sequence[Turn]) -> str | None:
        """Return a follow-up as a standalone question.

        None where it is standalone as it is, or the model gives nothing that looks like a question.

        Raises
        ------
        LanguageModelError
        """
        if not turns or is_standalone(question):
            return None
        reply = "".join(self._model.stream(rewrite_prompt(question, turns), _QUESTION_TOKENS))
        return rewritten(reply, self._settings.max_question_characters)

    def failed(self, answer: Answer, problem: str) -> Answer:
        """Return the extractive answer with the reason why none was generated."""
        return replace(answer, generated=Generated(self._model.name, problem=problem))

    def generate(
        self,
        answer: Answer,
        documents: Mapping[str, Document],
        turns: Sequence[Turn],
        *,
        summarised: Sequence[str] = (),
        always_answer: bool = False,
    ) -> Iterator[Answer]:
        """Yield the answer as it is generated, then with its evidence, and the final one, with verdicts, last.

        The final one is the generated answer, unless the model fails or no sentence is supported: then it is the
        extractive answer with the reason in `generated.problem`. Where the model finds no answer, it is one that
        declines if the model was given the documents that the extractive one cites as a whole.

        Parameters
        ----------
        answer : Answer
            The extractive one, abstained or not, with the passages to answer from.
        documents : mapping of str to Document
        turns : sequence of Turn
            The conversation so far, oldest first.
        summarised : sequence of str
            Ids of the documents that a summary is asked of.
        always_answer : bool
            Give the extractive answer where the model finds none.
        """
        started = perf_counter()
        run = _Run(self, answer, documents, turns, summarised)
        problem: str | None = None
        try:
            yield from run.written()
        except LanguageModelError as error:
            problem = str(error)
            # Without the message: a server may quote the prompt in it.
            _log.warning("%s failed: %s", self._model.name, type(error).__name__)
        final = run.read(ended=True)
        problem = problem or run.problem()
        if problem is None and self._judge and run.draft.pairs():
            yield replace(final, generated=replace(final.generated or run.generated, judging=True))
            final = run.judged(self._judge)
            problem = run.problem(final)
        timings = {**answer.timings_ms, "generate": 1000 * (perf_counter() - started)}
        timings["total"] = answer.timings_ms["total"] + timings["generate"]
        if problem is None:
            judged = final.generated.judged if final.generated else ()
            supported = sum(claim.verdict == "supported" for claim in judged)
            confidence = supported / len(judged) if judged else answer.confidence
            yield replace(final, confidence=confidence, timings_ms=timings)
            return
        # The numbers of its excerpts mean nothing beside another answer.
        written = final.generated or run.generated
        claims = tuple(replace(claim, citations=()) for claim in written.claims)
        failed = replace(written, claims=claims, problem=problem, pending="")
        cited = {cited.document for cited in answer.citations}
        if problem == NOTHING_FOUND and not always_answer and cited <= run.sources.whole:
            answer = replace(
                answer, text=None, reason=NOT_FOUND, citations=(), span=None, form="span", lead="", parts=()
            )
        yield replace(answer, generated=failed, timings_ms=timings)

    def _room(self, question: str, turns: Sequence[Turn]) -> int:
        """Return the tokens that a prompt has for documents."""
        if not self._context:
            self._context = min(self._settings.llm_context_tokens, self._served_tokens() or 10**9)
        frame = prompt_tokens(answer_prompt(question, turns, Sources((), {}, frozenset()), self._settings.llm_style))
        return int(self._context * CONTEXT_FRACTION) - self._settings.llm_answer_tokens - frame

    def _shrink(self) -> bool:
        """Halve the context after a server refused a prompt as too long; return whether that leaves any."""
        self._context //= 2
        return self._context >= _SHORTEST_CONTEXT


class _Run:
    """One answer in the making, and what it has cost."""

    def __init__(
        self,
        generator: AnswerGenerator,
        answer: Answer,
        documents: Mapping[str, Document],
        turns: Sequence[Turn],
        summarised: Sequence[str],
    ) -> None:
        self._generator = generator
        self._answer = answer
        self._documents = documents
        self._turns = turns
        self._wanted = summarised or _whole_wanted(answer)
        self._summarised = bool(summarised)
        self._partly_read: dict[str, float] = {}
        self._reply = ""
        self.generated = Generated(generator._model.name)
        self.sources = Sources((), {}, frozenset())
        self.draft = self._new_draft()

    def written(self) -> Iterator[Answer]:
        """Yield the answer as it is written; a prompt that is too long is made shorter.

        Raises
        ------
        LanguageModelError
        """
        while True:
            try:
                yield from self._written()
            except PromptTooLongError:
                if self._reply or not self._generator._shrink():
                    raise
            else:
                return

    def _written(self) -> Iterator[Answer]:
        settings, model = self._generator._settings, self._generator._model
        question = self._answer.searched_for
        room = self._generator._room(question, self._turns)
        spans = [span for turn in self._turns[-1:] for span in turn.cited if span[0] in self._documents]
        spans = [*((p.document_id, p.start, p.end) for p in _cited_first(self._answer)), *spans]
        self.sources = choose(spans, self._documents, room, self._wanted)
        notes = ""
        if self._wanted and not self.sources.whole.issuperset(self._wanted):
            notes = self._notes(room)
        if not self.sources.units:
            raise LanguageModelError(NO_ROOM)
        self.draft = self._new_draft()
        messages = answer_prompt(question, self._turns, self.sources, settings.llm_style, notes)
        self._count(sent=prompt_tokens(messages))
        read = 0
        for piece in model.stream(messages, settings.llm_answer_tokens):
            self._reply += piece
            # A reply that comes a letter at a time is not parsed for each of them.
            if len(self._reply) < read + read // _GROWTH:
                continue
            read = len(self._reply)
            # Until it cannot be the words for "no answer", nothing is shown.
            if not NOT_STATED.startswith(self._reply.strip()[: len(NOT_STATED)].upper()):
                yield self.read(ended=False)

    def _notes(self, room: int) -> str:
        """Have notes made on the parts of the documents wanted, within the budget of calls; return them."""
        settings, model = self._generator._settings, self._generator._model
        everything = choose([], self._documents, 10**9, self._wanted)
        room = max(room, _SHORTEST_CONTEXT // 2)
        parts = everything.parts(room, settings.llm_calls)
        tokens = max(64, min(settings.llm_answer_tokens, room // len(parts)))
        notes: list[str] = []
        for part in parts:
            messages = notes_prompt(self._answer.searched_for, part, everything)
            reply = "".join(model.stream(messages, tokens)).strip()
            self._count(sent=prompt_tokens(messages), received=count_tokens(reply))
            notes += [] if reply.upper().startswith("NOTHING") else [reply]
        read = sum(part.tokens for part in parts)
        if read < everything.tokens:
            self._partly_read = {self._wanted[-1]: read / everything.tokens}
        self.sources = everything
        return "\n".join(notes) or "(none)"

    def read(self, *, ended: bool) -> Answer:
        """Return the answer that the reply makes so far."""
        pending = self.draft.read("" if ended and self._declined else self._reply, ended=ended)
        if ended and self._reply:
            self._count(received=count_tokens(self._reply), calls=0)
        return self._with_share(self.draft.answer(replace(self.generated, pending=pending)))

    def judged(self, judge: Judge) -> Answer:
        """Return the answer with the verdicts of a judge; without, if it fails."""
        try:
            ruling = judge.judge(self._answer.searched_for, self.draft.pairs())
        except (LanguageModelError, ModelError):
            return self._with_share(self.draft.answer(self.generated))
        self._count(ruling.prompt_tokens, ruling.answer_tokens, ruling.calls)
        if all(one.verdict == "not_checked" for one in ruling.judgements):
            return self._with_share(self.draft.answer(self.generated))
        self.generated = replace(self.generated, judge=judge.name)
        return self._with_share(self.draft.answer(self.generated, ruling.judgements))

    def problem(self, final: Answer | None = None) -> str | None:
        """Return why the answer does not stand; None if it does."""
        if self._declined or self.draft.declines:
            return NOTHING_FOUND
        if not self.draft.sentences:
            return NOTHING_WRITTEN
        if not self.draft.pairs():
            return NOTHING_SUPPORTED
        claims = final.generated.judged if final and final.generated else ()
        return NOTHING_SUPPORTED if claims and all(claim.verdict == "unsupported" for claim in claims) else None

    @property
    def _declined(self) -> bool:
        return self._reply.strip().upper().startswith(NOT_STATED)

    def _new_draft(self) -> Draft:
        return Draft(self._answer, self.sources, self._generator._embedder)

    def _with_share(self, answer: Answer) -> Answer:
        return replace(answer, partly_read={**answer.partly_read, **self._partly_read})

    def _count(self, sent: int = 0, received: int = 0, calls: int | None = None) -> None:
        before = self.generated
        self.generated = replace(
            before,
            calls=before.calls + (sent > 0 if calls is None else calls),
            prompt_tokens=before.prompt_tokens + sent,
            answer_tokens=before.answer_tokens + received,
        )


def make_generator(settings: Settings, embedder: Embedder) -> AnswerGenerator | None:
    """Return a generator with the model that the settings name; None where they name none."""
    model = make_language_model(settings)
    if model is None:
        return None

    def served_tokens() -> int | None:
        from qa.models.llm_server import context_tokens

        return context_tokens(model)

    return AnswerGenerator(model, embedder, settings, make_judge(settings, settings.llm_context_tokens), served_tokens)


def _whole_wanted(answer: Answer) -> list[str]:
    """Return the documents that the question needs as a whole: where all of something is asked for, or a comparison."""
    if answer.kind == "comparison" or (answer.kind == "list" and _ALL.search(answer.searched_for)):
        found = list(dict.fromkeys(passage.document_id for passage in _cited_first(answer)))
        return found[: 2 if answer.kind == "comparison" else 1]
    return []


def _cited_first(answer: Answer) -> list[Passage]:
    """Return the passages that the extractive answer cites, then the others."""
    return sorted(
        answer.passages,
        key=lambda one: not any(cited.overlaps(one.document_id, one.start, one.end) for cited in answer.citations),
    )
