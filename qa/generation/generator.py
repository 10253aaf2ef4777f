"""An extractive answer -> one that a language model writes, each sentence with its evidence and the verdict on it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from qa.claims import NOTHING_FOUND, Claim, Generation
from qa.documents.chunking import count_tokens
from qa.errors import LanguageModelError, ModelError, PromptTooLongError, TruncatedReplyError
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
from qa.models.llm_server import usable_tokens
from qa.models.llm_stream import reply_text, without_unopened_reasoning
from qa.protocols import Embedder, LanguageModel
from qa.retrieval.query_rewriting import is_standalone
from qa.settings import Settings
from qa.types import NOT_FOUND, Answer, Document, Passage, Turn

_log = logging.getLogger(__name__)
_GROWTH = 50  # a partial reply is parsed again once it has grown by 1/50 of its length
_MIN_CONTEXT_TOKENS = 1024
_MIN_NOTE_TOKENS = 64
_DECLINING = re.compile(
    rf"\A\W*(?:(?:final )?answer\W+)?{NOT_STATED.replace(' ', '[ _]')}\b[^\w\[]*(?:\[S0\][^\w\[]*)?", re.IGNORECASE
)
_CITING = re.compile(r"[\[\u3010]\s?(?:S\s?)?[1-9]|\bS[1-9]", re.IGNORECASE)
_ALL = re.compile(r"\b(?:all|every|each|complete|full|entire)\b", re.IGNORECASE)
NOTHING_SUPPORTED = "none of its sentences is supported by its evidence"
NO_ROOM = "its context (QA_LLM_CONTEXT_TOKENS) has no room for a passage beside the answer (QA_LLM_ANSWER_TOKENS)"
NOTHING_WRITTEN = "its reply has no complete sentence"


@dataclass(slots=True)
class AnswerGenerator:
    """Generates answers with a language model, finds the evidence of their sentences and has them judged."""

    model: LanguageModel
    embedder: Embedder
    settings: Settings
    judge: Judge | None = None
    _context: int = field(default=0, init=False)

    def rewrite(self, question: str, turns: Sequence[Turn]) -> tuple[str | None, Generation]:
        """Return a follow-up as a standalone question, and what rewriting it has cost.

        The question is None if it is standalone already, or the model's reply does not look like a question.

        Raises
        ------
        LanguageModelError
        """
        spent = Generation(self.model.name)
        if not turns or is_standalone(question):
            return None, spent
        messages = rewrite_prompt(question, turns)
        # A model that reasons needs more tokens than those of a question.
        reply = reply_text(self.model.stream(messages, self.settings.llm_answer_tokens))
        spent = spent.with_cost(1, prompt_tokens(messages), count_tokens(reply))
        return rewritten(without_unopened_reasoning(reply), self.settings.max_question_characters), spent

    def failed(self, answer: Answer, problem: str) -> Answer:
        """Return the extractive answer with the reason why none was generated."""
        return replace(answer, generated=Generation(self.model.name, problem=problem))

    def generate(
        self,
        answer: Answer,
        documents: Mapping[str, Document],
        turns: Sequence[Turn],
        *,
        spent: Generation | None = None,
        summarised: Sequence[str] = (),
        always_answer: bool = False,
    ) -> Iterator[Answer]:
        """Yield the answer as it is generated, then with its evidence, and last the final one, with verdicts.

        The final answer is the generated one, unless the model fails or no sentence is supported: then it is the
        extractive answer, with the reason in `generated.problem`. If the model finds no answer in the documents that
        the extractive answer cites, and had all of their text, the final answer declines.

        Parameters
        ----------
        answer : Answer
            The extractive answer, abstained or not, with the passages to answer from.
        spent : Generation, optional
            What rewriting the question has cost.
        summarised : sequence of str
            Ids of the documents to summarise, if a summary is asked for.
        always_answer : bool
            Give the extractive answer if the model finds none.
        """
        started = perf_counter()
        generated = spent or Generation(self.model.name)
        draft = Draft(answer, _NOTHING, self.embedder)
        run = _Run(self, answer, documents, turns, summarised or _whole_wanted(answer), generated, draft)
        problem: str | None = None
        try:
            yield from run.written()
        except TruncatedReplyError:
            run.generated = replace(run.generated, truncated=True)
        except LanguageModelError as error:
            problem = str(error)
            self._context = 0  # the server may not have been there to report it
            # Without the message, which may quote the prompt.
            _log.warning("%s failed; the answer was found without it", self.model.name)
        final = run.read(ended=True)
        problem = problem or run.problem()
        if problem is None and self.judge:
            yield replace(final, generated=replace(final.generated or generated, judging=True))
            final = run.judged(self.judge)
            problem = run.problem(final.generated.judged if final.generated else ())
        timings = {**answer.timings_ms, "generate": 1000 * (perf_counter() - started)}
        timings["total"] = answer.timings_ms["total"] + timings["generate"]
        written = final.generated or generated
        if problem is None:
            supported = sum(claim.verdict == "supported" for claim in written.judged)
            confidence = supported / len(written.judged) if written.judged else answer.confidence
            yield replace(final, confidence=confidence, timings_ms=timings)
            return
        # Citation numbers mean nothing beside another answer.
        claims = tuple(replace(claim, citations=()) for claim in written.claims)
        cited = {cited.document for cited in answer.citations}
        if problem == NOTHING_FOUND and not always_answer and cited <= run.sources.whole:
            answer = replace(
                answer, text=None, reason=NOT_FOUND, citations=(), span=None, form="span", lead="", parts=()
            )
        failed = replace(written, claims=claims, problem=problem, partial_sentence="")
        yield replace(answer, generated=failed, timings_ms=timings)

    def context(self) -> int:
        """Return the context to use, in tokens; the server is asked for its own once."""
        self._context = self._context or usable_tokens(self.model, self.settings.llm_context_tokens)
        return self._context


_NOTHING = Sources((), {}, frozenset())


@dataclass(slots=True)
class _Run:
    """An answer while it is written, and its cost so far."""

    generator: AnswerGenerator
    extractive: Answer
    documents: Mapping[str, Document]
    turns: Sequence[Turn]
    wanted: Sequence[str]
    generated: Generation
    draft: Draft
    sources: Sources = _NOTHING
    reply: str = ""
    context: int = 0  # in tokens; 0 before the first prompt

    def written(self) -> Iterator[Answer]:
        """Yield the answer as it is written; a prompt that is too long is made shorter."""
        self.context = self.context or self.generator.context()
        try:
            yield from self._written()
        except PromptTooLongError:
            # For this answer only: the text of others may have fewer tokens by the model's count.
            self.context //= 2
            if self.reply or self.context < _MIN_CONTEXT_TOKENS:
                raise
            yield from self.written()

    def _written(self) -> Iterator[Answer]:
        settings, question = self.generator.settings, self.extractive.searched_for
        frame = prompt_tokens(answer_prompt(question, self.turns, _NOTHING, settings.llm_style))
        room = int(self.context * CONTEXT_FRACTION) - settings.llm_answer_tokens - frame
        spans = [(one.document_id, one.start, one.end) for one in _cited_first(self.extractive)]
        spans += [span for turn in self.turns[-1:] for span in turn.cited if span[0] in self.documents]
        self.sources = choose(spans, self.documents, room, self.wanted)
        notes = "" if self.sources.whole.issuperset(self.wanted) else self._notes(room)
        if not self.sources.units:
            raise LanguageModelError(NO_ROOM)
        self.draft = Draft(self.extractive, self.sources, self.generator.embedder)
        messages = answer_prompt(question, self.turns, self.sources, settings.llm_style, notes)
        self.generated = self.generated.with_cost(1, prompt_tokens(messages))
        parsed = 0
        for piece in self.generator.model.stream(messages, settings.llm_answer_tokens):
            self.reply += piece
            # A reply that arrives a letter at a time is not parsed for each of them.
            if len(self.reply) < parsed + parsed // _GROWTH:
                continue
            parsed = len(self.reply)
            # Nothing is shown while the reply may turn out to be NOT STATED.
            if not self._declined and not NOT_STATED.startswith(self.reply.strip(" \n*_\"'").upper()):
                yield self.read(ended=False)

    def _notes(self, room: int) -> str:
        """Return notes on the wanted documents, made part by part within the budget of calls."""
        settings = self.generator.settings
        self.sources = everything = choose([], self.documents, 10**9, self.wanted)
        if not everything.chosen:
            return ""
        room = max(room, _MIN_CONTEXT_TOKENS // 2)
        parts = everything.parts(room, settings.llm_calls)
        tokens = max(_MIN_NOTE_TOKENS, min(settings.llm_answer_tokens, room // len(parts)))
        notes: list[str] = []
        for part in parts:
            messages = notes_prompt(self.extractive.searched_for, part, everything)
            reply = reply_text(self.generator.model.stream(messages, tokens))
            self.generated = self.generated.with_cost(1, prompt_tokens(messages), count_tokens(reply))
            note = without_unopened_reasoning(reply).strip()
            notes += [] if note.upper().lstrip('*_"- ').startswith("NOTHING") else [note]
        last = parts[-1].chosen[-1]
        unread = dict.fromkeys(self.wanted[self.wanted.index(last.document_id) + 1 :], 0.0)
        text = self.documents[last.document_id].text
        partly = unread | ({last.document_id: last.end / len(text)} if text[last.end :].strip() else {})
        self.extractive = replace(self.extractive, partly_read={**self.extractive.partly_read, **partly})
        return "\n".join(notes) or "(none)"

    def read(self, *, ended: bool) -> Answer:
        """Return the answer that the reply makes so far."""
        reply = "" if self._declined else _DECLINING.sub("", self._text, count=1)
        partial = self.draft.read(reply, ended=ended, truncated=self.generated.truncated)
        if ended:
            self.generated = self.generated.with_cost(answer_tokens=count_tokens(self.reply))
        return self.draft.answer(replace(self.generated, partial_sentence=partial))

    def judged(self, judge: Judge) -> Answer:
        """Return the answer with the verdicts of a judge; without verdicts, if the judge fails."""
        try:
            ruling = judge.judge(self.extractive.searched_for, self.draft.pairs())
        except (LanguageModelError, ModelError):
            return self.draft.answer(self.generated)
        self.generated = self.generated.with_cost(ruling.calls, ruling.prompt_tokens, ruling.answer_tokens)
        given = any(one.verdict != "not_checked" for one in ruling.judgements)
        return self.draft.answer(replace(self.generated, judge=judge.name if given else None), ruling.judgements)

    def problem(self, judged: Sequence[Claim] = ()) -> str | None:
        """Return why the answer cannot be shown, given its judged claims; None if it can."""
        if self._declined or self.draft.declines:
            return NOTHING_FOUND
        if not self.draft.sentences:
            return NOTHING_WRITTEN
        unsupported = judged and all(claim.verdict == "unsupported" for claim in judged)
        return NOTHING_SUPPORTED if unsupported or not self.draft.pairs() else None

    @property
    def _declined(self) -> bool:
        """Whether the reply is NOT STATED, perhaps with a remark; what cites evidence after it is an answer."""
        return _DECLINING.match(self._text) is not None and not _CITING.search(self._text)

    @property
    def _text(self) -> str:
        return without_unopened_reasoning(self.reply)


def make_generator(settings: Settings, embedder: Embedder) -> AnswerGenerator | None:
    """Return a generator with the model that the settings name; None if they name none."""
    model = make_language_model(settings)
    return AnswerGenerator(model, embedder, settings, make_judge(settings)) if model else None


def _whole_wanted(answer: Answer) -> list[str]:
    """Return the documents that the question needs whole: for a comparison, or a list of everything of a kind."""
    if answer.kind == "comparison" or (answer.kind == "list" and _ALL.search(answer.searched_for)):
        found = list(dict.fromkeys(passage.document_id for passage in _cited_first(answer)))
        return found[: 2 if answer.kind == "comparison" else 1]
    return []


def _cited_first(answer: Answer) -> list[Passage]:
    """Return the passages, those first that the extractive answer cites."""
    return sorted(
        answer.passages,
        key=lambda one: not any(cited.overlaps(one.document_id, one.start, one.end) for cited in answer.citations),
    )
