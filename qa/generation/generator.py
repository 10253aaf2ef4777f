"""An extractive answer -> one that a language model writes, each sentence verified against its sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from time import perf_counter

from qa.answering.citations import citation
from qa.claims import Claim, Generated
from qa.documents.chunking import count_tokens
from qa.errors import LanguageModelError
from qa.generation.prompt import NOT_STATED, answer_prompt, prompt_tokens, rewrite_prompt, rewritten
from qa.generation.reply_parser import CitedSentence, sentences
from qa.generation.support import SupportScorer
from qa.generation.verifier import Excerpt, Verified, Verifier, merged, overlap
from qa.models.llm_client import make_language_model
from qa.models.span_model import SpanModel
from qa.protocols import Embedder, LanguageModel
from qa.retrieval.query_rewriting import is_standalone
from qa.settings import Settings
from qa.types import Answer, AnswerSpan, Citation, Document, Passage, Turn

_GROWTH = 50  # a reply is parsed again once it has grown by that part of its length
_QUESTION_TOKENS = 100  # of a rewritten question
NOTHING_SUPPORTED = "none of its sentences is supported by the passages that it names"
NO_ROOM = "its context (QA_LLM_CONTEXT_TOKENS) has no room for a passage beside the answer (QA_LLM_ANSWER_TOKENS)"
NOTHING_FOUND = "it found no answer in the passages"


class AnswerGenerator:
    """Generates answers with a language model and verifies them.

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
        self, answer: Answer, spans: Sequence[AnswerSpan], documents: Mapping[str, Document], turns: Sequence[Turn]
    ) -> Iterator[Answer]:
        """Yield the answer as it is generated, and the final one last.

        The final one is the generated answer where at least one of its sentences is supported, else the extractive
        answer with the reason in `generated.problem`.

        Parameters
        ----------
        answer : Answer
            The extractive one, abstained or not, with the passages to answer from.
        spans : sequence of AnswerSpan
            All that the reader found in these passages; the confidence is of the first citation.
        documents : mapping of str to Document
        turns : sequence of Turn
            The conversation so far, oldest first.
        """
        started = perf_counter()
        settings = self._settings
        passages = _cited_first(answer)
        messages, count = answer_prompt(
            answer.searched_for,
            turns,
            passages,
            documents,
            settings.llm_context_tokens,
            settings.llm_answer_tokens,
        )
        if not count:
            yield self.failed(answer, NO_ROOM)
            return
        passages = passages[:count]
        draft = _Draft(answer, passages, documents, self._verifier)
        generated = Generated(self._model.name, prompt_tokens=prompt_tokens(messages))
        reply, read = "", 0
        problem: str | None = None
        try:
            for piece in self._model.stream(messages, settings.llm_answer_tokens):
                reply += piece
                # A reply that comes a letter at a time is not parsed for each of them.
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
            failed = replace(final.generated or generated, problem=problem)
            yield replace(answer, generated=failed, timings_ms=timings)


def make_generator(settings: Settings, embedder: Embedder, span_model: SpanModel) -> AnswerGenerator | None:
    """Return a generator with the model that the settings name; None where they name none."""
    model = make_language_model(settings)
    return AnswerGenerator(model, Verifier(SupportScorer(embedder, span_model)), settings) if model else None


class _Draft:
    """A generated answer in the making. Verdicts are cached by sentence, since a reply is parsed from its start."""

    def __init__(
        self, extractive: Answer, passages: Sequence[Passage], documents: Mapping[str, Document], verifier: Verifier
    ) -> None:
        self._extractive = extractive
        self._passages = passages
        self._documents = documents
        self._verifier = verifier
        self._known: dict[CitedSentence, Verified] = {}

    def answer(self, reply: str, generated: Generated, *, ended: bool) -> Answer:
        """Return the answer that a reply makes, so far."""
        found, pending = sentences(reply, ended=ended)
        verified = [self._verified(sentence) for sentence in found]
        excerpts = merged((excerpt for each in verified for excerpt in each.excerpts), overlap)
        claims = tuple(
            Claim(sentence.text, _numbers(one.excerpts, excerpts), one.support, one.score, one.quotations)
            for sentence, one in zip(found, verified, strict=True)
        )
        generated = replace(generated, claims=claims, pending=pending)
        return replace(
            self._extractive,
            text=" ".join(claim.text for claim in generated.kept),
            reason=None,
            citations=tuple(
                citation(
                    number,
                    self._documents[name],
                    (start, end),
                    max(claim.score for claim in claims if number in claim.citations),
                )
                for number, (name, start, end) in enumerate(excerpts, start=1)
            ),
            generated=generated,
            span=None,
            form="span",
            lead="",
            parts=(),
        )

    def _verified(self, sentence: CitedSentence) -> Verified:
        if sentence not in self._known:
            question = self._extractive.searched_for
            self._known[sentence] = self._verifier.verify(question, sentence, self._passages, self._documents)
        return self._known[sentence]


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
    inside = (span.confidence for span in spans if first.overlaps(span.document_id, span.start, span.end))
    return max(inside, default=0.0)
