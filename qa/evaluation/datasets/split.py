"""Split a question set for development and test, with no document in both parts."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from qa.errors import QuestionSetError
from qa.evaluation.datasets.types import Question


def split_questions(questions: Sequence[Question], share: float = 0.5) -> tuple[list[Question], list[Question]]:
    """Split a set by document in two parts, the first with about `share` of the questions, above 0 and below 1.

    Questions about the same document, by their `document` or their evidence, stay together; a question without any is
    independent. The split is deterministic, and each part keeps the order of the set.

    Raises `QuestionSetError` if all questions are about one document, or documents that questions connect.
    """
    from scipy.cluster.hierarchy import DisjointSet

    joined = DisjointSet(("question", question.id) for question in questions)
    for question in questions:
        for name in {span.document for span in question.evidence} | ({question.document} - {None}):
            joined.add(("document", name))
            joined.merge(("document", name), ("question", question.id))
    groups: defaultdict[tuple[str, str], list[Question]] = defaultdict(list)
    for question in questions:
        groups[joined["question", question.id]].append(question)
    if len(groups) < 2:
        raise QuestionSetError("the questions are all about the same documents; use a set about two or more documents")
    ordered = sorted(groups.values(), key=lambda group: (-len(group), _drawn(group[0].id)))
    sizes, first = [0.0, 0.0], set[str]()
    for group in ordered:
        part = int(sizes[0] / share > sizes[1] / (1 - share))
        sizes[part] += len(group)
        if not part:
            first |= {question.id for question in group}
    return [one for one in questions if one.id in first], [one for one in questions if one.id not in first]


def _drawn(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "replace")).digest()
