"""Draft a question set from documents, for a person to edit.

Patterns turn English sentences with a date, a number, a name, a place, a reason or a definition into questions, and
tables into questions for a cell or for the larger of two rows. Drafts by a language model
(`qa.insights.question_generation.llm_drafts`) can be added.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence

from qa.evaluation.datasets.types import Evidence, Question
from qa.insights.question_generation.candidates import Candidate, candidates, distance, shuffled
from qa.insights.question_generation.table_candidates import table_candidates
from qa.text.tokens import terms
from qa.types import Document

_MIN_SHARED = 0.8  # share of common words from which two questions count as the same


def draft_questions(
    documents: Sequence[Document], n: int = 20, given: Sequence[Candidate] = ()
) -> tuple[Question, ...]:
    """Draft questions from sentences and tables of the documents, deterministically.

    They are spread over the documents, the text of each, and the kinds of answer; no sentence is used twice, and no two
    questions have nearly the same words. An answer is a slice of its evidence, a sentence or a row; of a draft by a
    language model, all sentences that contain it.

    Parameters
    ----------
    documents : sequence of Document
        In English.
    n : int
        Number of questions, at least 1; fewer if there are not enough suitable sentences.
    given : sequence of Candidate
        Drafts by a language model, at most `n`, of passages that do not overlap; patterns supply the rest.

    Returns
    -------
    tuple of Question
        In reading order. The extra columns are `kind` ("date", "number", "name", "place", "reason", "definition",
        "table", "comparison", or "model" where a language model drafted it) and `draft`, which is true.
    """
    waiting = deque(shuffled(documents))
    pools: dict[str, list[Candidate]] = {}
    chosen = list(given)
    while waiting and len(chosen) < n:
        document = waiting.popleft()
        if document.id not in pools:
            pools[document.id] = [*candidates(document), *table_candidates(document)]
        best = _best(pools[document.id], chosen)
        if best is not None:
            chosen.append(best)
            waiting.append(document)
    positions = {document.id: position for position, document in enumerate(documents)}
    return tuple(map(_question, sorted(chosen, key=lambda one: (positions[one.document.id], one.start))))


def _best(pool: Iterable[Candidate], chosen: Sequence[Candidate]) -> Candidate | None:
    """Return the candidate of the least chosen kind that is furthest from the chosen ones.

    All candidates in the pool are from one document. Those whose sentence or question was chosen already are excluded.
    """
    kinds = Counter(one.draft.kind for one in chosen)
    asked = [_words(one) for one in chosen]

    def separation(candidate: Candidate) -> int:
        same = [one for one in chosen if one.document.id == candidate.document.id]
        others = [*((one.start, one.end) for one in same), *(one.also for one in same if one.also)]
        return distance((candidate.start, candidate.end), others)

    fresh = (one for one in pool if separation(one) and not any(_alike(_words(one), other) for other in asked))
    return min(fresh, key=lambda one: (kinds[one.draft.kind], -separation(one), one.start), default=None)


def _words(candidate: Candidate) -> frozenset[str]:
    return frozenset(terms(candidate.draft.question))


def _alike(words: frozenset[str], others: frozenset[str]) -> bool:
    return len(words & others) >= _MIN_SHARED * len(words | others)


def _question(candidate: Candidate) -> Question:
    draft, document = candidate.draft, candidate.document
    spans = [(candidate.start, candidate.end), *([candidate.also] if candidate.also else [])]
    answer = document.text[candidate.start + draft.start : candidate.start + draft.end]
    return Question(
        id=f"{document.id}#{candidate.start}",
        question=draft.question,
        answers=(answer,),
        document=document.id,
        evidence=tuple(Evidence(document.id, *span) for span in spans),
        extra={"kind": draft.kind, "draft": True},
    )
