"""An extractive answer -> one that a language model phrases, every sentence held to its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from time import perf_counter

from qa.answering.scoring import confidence
from qa.claims import Claim, Generated
from qa.documents.chunking import count_tokens
from qa.errors import LanguageModelError
from qa.generation.prompt import NOT_STATED, answer_prompt, prompt_tokens, rewrite_prompt, rewritten
from qa.generation.reply_parser import Said, sentences
from qa.generation.support import SupportScorer
from qa.generation.verifier import Excerpt, Verified, Verifier, merged, overlap
from qa.models.llm_client import make_language_model
from qa.models.span_model import SpanModel
from qa.retrieval.query_rewriting import stands_alone
from qa.settings import Settings
from qa.types import Answer, AnswerSpan, Citation, Document, Embedder, LanguageModel, Passage, Turn

_GROWTH = 50  # a reply is read again once it has grown by that part of its length
_QUESTION_TOKENS = 100  # of a rewritten question
NOTHING_SUPPORTED = "none of its sentences is supported by the passages that it names"
NO_ROOM = "its context (QA_LLM_CONTEXT_TOKENS) has no room for a passage beside the answer (QA_LLM_ANSWER_TOKENS)"
NOTHING_FOUND = "it found no answer in the passages"


class AnswerGenerator:
    """Has a language model phrase answers, and checks what it says.

    Parameters
    ----------
    model : LanguageModel
    verifier : Verifier
    settings : Settings
    """

    def __init__(self, model: LanguageModel, verifier: Verifier, settings: Settings) -> None:
        self._model = model
        self._verifier = verifier
        self._settings = settings

    def rewrite(self, question: str, turns: Sequence[Turn]) -> str | None:
        """Return a question that leans on earlier turns as one that stands alone.

        None where it stands alone as it is, or the model gives nothing that looks like a question.

        Raises
        ------
        LanguageModelError
        """
        if not turns or stands_alone(question):
            return None
        reply = "".join(self._model.stream(rewrite_prompt(question, turns), _QUESTION_TOKENS))
        return rewritten(reply, self._settings.max_question_characters)

    def failed(self, answer: Answer, problem: str) -> Answer:
        """Return the extractive answer with the reason why the model did not phrase it."""
        return replace(answer, generated=Generated(self._model.name, problem=problem))

    def phrase(
        self, answer: Answer, spans: Sequence[AnswerSpan], documents: Mapping[str, Document], turns: Sequence[Turn]
    ) -> Iterator[Answer]:
        """Yield the answer as it comes in, and at last as it stands.

        It stands as generated when at least one sentence is supported; else the extractive answer does, with the reason
        in `generated.problem`.

        Parameters
        ----------
        answer : Answer
            The extractive one, abstained or not, with the passages to go by.
        spans : sequence of AnswerSpan
            All that the reader found in these passages, from which the confidence in what is cited comes.
        documents : mapping of str to Document
        turns : sequence of Turn
            The conversation so far, oldest first.
        """
        started = perf_counter()
        settings = self._settings
        passages = _cited_first(answer)
        messages, told = answer_prompt(
            answer.searched_for,
            turns,
            passages,
            documents,
            settings.llm_context_tokens,
            settings.llm_answer_tokens,
        )
        if not told:
            yield self.failed(answer, NO_ROOM)
            return
        passages = passages[:told]
        draft = _Draft(answer, passages, documents, self._verifier)
        generated = Generated(self._model.name, prompt_tokens=prompt_tokens(messages))
        reply, read = "", 0
        problem: str | None = None
        try:
            for piece in self._model.stream(messages, settings.llm_answer_tokens):
                reply += piece
                # A reply is read from its start: one that comes a letter at a time is not read for each of them.
                if len(reply) < read + read // _GROWTH:
                    continue
                read = len(reply)
                # Until it cannot be the words for "no answer", nothing is shown.
                if not NOT_STATED.startswith(reply.strip()[: len(NOT_STATED)].upper()):
                    yield draft.answer(reply, generated, ended=False)
        except LanguageModelError as error:
            problem = str(error)
        final = draft.answer(reply, replace(generated, answer_tokens=count_tokens(reply)), ended=True)
        if problem is None:
            problem = _problem(reply, final)
        timings = {**answer.timings_ms, "generate": 1000 * (perf_counter() - started)}
        timings["total"] = answer.timings_ms["total"] + timings["generate"]
        if problem is None:
            yield replace(final, confidence=_confidence(final.citations[0], spans), timings_ms=timings)
        else:
            told_why = replace(final.generated or generated, problem=problem)
            yield replace(answer, generated=told_why, timings_ms=timings)


def make_phraser(settings: Settings, embedder: Embedder, span_model: SpanModel) -> AnswerGenerator | None:
    """Return what phrases answers with the model that the settings name; None where they name none."""
    model = make_language_model(settings)
    return AnswerGenerator(model, Verifier(SupportScorer(embedder, span_model)), settings) if model else None


class _Draft:
    """A generated answer in the making. What was found of a sentence is kept, since replies are read from the start."""

    def __init__(
        self, extractive: Answer, passages: Sequence[Passage], documents: Mapping[str, Document], verifier: Verifier
    ) -> None:
        self._extractive = extractive
        self._passages = passages
        self._documents = documents
        self._verifier = verifier
        self._known: dict[Said, Verified] = {}

    def answer(self, reply: str, generated: Generated, *, ended: bool) -> Answer:
        """Return the answer that a reply makes, so far."""
        said, pending = sentences(reply, ended=ended)
        verified = [self._verified(one) for one in said]
        excerpts = merged((excerpt for each in verified for excerpt in each.excerpts), overlap)
        claims = tuple(
            Claim(one.text, _numbers(found.excerpts, excerpts), found.support, found.score, found.quotations)
            for one, found in zip(said, verified, strict=True)
        )
        generated = replace(generated, claims=claims, pending=pending)
        return replace(
            self._extractive,
            text=" ".join(claim.text for claim in generated.kept),
            reason=None,
            citations=tuple(
                self._citation(number, excerpt, max(claim.score for claim in claims if number in claim.citations))
                for number, excerpt in enumerate(excerpts, start=1)
            ),
            generated=generated,
        )

    def _verified(self, said: Said) -> Verified:
        if said not in self._known:
            asked = self._extractive.searched_for
            self._known[said] = self._verifier.verify(asked, said, self._passages, self._documents)
        return self._known[said]

    def _citation(self, n: int, excerpt: Excerpt, score: float) -> Citation:
        document = self._documents[excerpt.document_id]
        text = document.text[excerpt.start : excerpt.end]
        return Citation(n, document.id, excerpt.start, excerpt.end, text, document.page_at(excerpt.start), score)


def _cited_first(answer: Answer) -> list[Passage]:
    """Return the passages that the extractive answer cites, then the others."""
    return sorted(
        answer.passages,
        key=lambda one: not any(cited.overlaps(one.document_id, one.start, one.end) for cited in answer.citations),
    )


def _numbers(excerpts: Sequence[Excerpt], numbered: Sequence[Excerpt]) -> tuple[int, ...]:
    return tuple(n for n, each in enumerate(numbered, start=1) if any(overlap(each, one) for one in excerpts))


def _problem(reply: str, final: Answer) -> str | None:
    if reply.strip().upper().startswith(NOT_STATED):
        return NOTHING_FOUND
    claims = final.generated.claims if final.generated else ()
    return None if any(claim.support == "supported" for claim in claims) else NOTHING_SUPPORTED


def _confidence(first: Citation, spans: Sequence[AnswerSpan]) -> float:
    """Return how sure the reader is that the first citation answers the question."""
    inside = (span for span in spans if first.overlaps(span.document_id, span.start, span.end))
    return max(map(confidence, inside), default=0.0)
