"""A question set under review. Each change is checked and written to the file at once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from qa.errors import QuestionSetError
from qa.evaluation.datasets.formats.entry import COLUMNS, entry
from qa.evaluation.datasets.formats.jsonl import question_to_json, question_to_line
from qa.evaluation.datasets.questions import misfits, open_set
from qa.evaluation.datasets.types import Question
from qa.files import open_regular, write_file
from qa.types import Document, JSONObject

DRAFT = "draft"  # extra column, set to true for a question that is still to be reviewed
_CHANGEABLE = {*COLUMNS, DRAFT, "made_from", "tags"} - {"id"}


class OutdatedError(QuestionSetError):
    """The set was changed elsewhere: in another window, or by another program."""


class ReviewedSet:
    """The questions of a JSON Lines file about documents, and the changes that a review can make.

    A missing file is created by the first change. `revision` is the digest of the file, empty if there is none; a
    change names the revision that it was made on.

    Raises
    ------
    QuestionSetError
        If the file is not JSON Lines, cannot be read, or has a malformed line.
    """

    def __init__(self, path: Path, documents: Sequence[Document]) -> None:
        if path.suffix.lower() not in {".jsonl", ".ndjson"}:
            raise QuestionSetError(
                f"{path}: only JSON Lines can be reviewed; `qa questions convert` writes a .jsonl file"
            )
        self.path = path.resolve()  # replace the file that a link points to, not the link
        self.documents = {document.id: document for document in documents}
        self.questions: list[Question] = []
        self._dropped: dict[str, tuple[int, Question]] = {}
        self.revision = self._digest()
        for found in open_set(self.path)[0] if self.path.exists() else ():
            if found.question is None or found.problems:
                raise found.problems[0]
            self.questions.append(found.question)

    def change(self, name: str, changes: JSONObject, revision: str) -> JSONObject:
        """Change columns of a question, null to remove one, and return it as JSON.

        Raises
        ------
        QuestionSetError
            If there is no such question, a value is not valid, or the file cannot be written.
        OutdatedError
            If the set was changed elsewhere since that revision.
        """
        position = self._position(name)
        changed = self._checked(self.questions[position], changes)
        self._replace([*self.questions[:position], changed, *self.questions[position + 1 :]], revision)
        return question_to_json(changed)

    def add(self, changes: JSONObject, revision: str) -> JSONObject:
        """Add a question at the end, with an id of its own, and return it as JSON; errors as for `change`."""
        taken = {question.id for question in self.questions} | self._dropped.keys()
        name = next(name for number in range(1, len(taken) + 2) if (name := f"added-{number}") not in taken)
        added = self._checked(None, {**changes, "id": name})
        self._replace([*self.questions, added], revision)
        return question_to_json(added)

    def drop(self, name: str, revision: str) -> None:
        """Remove a question from the file, until it is restored; errors as for `change`."""
        position = self._position(name)
        dropped = self.questions[position]
        self._replace([*self.questions[:position], *self.questions[position + 1 :]], revision)
        self._dropped[name] = position, dropped

    def restore(self, name: str, revision: str) -> tuple[int, JSONObject]:
        """Put a dropped question back, and return its position and itself as JSON; errors as for `change`."""
        if name not in self._dropped:
            raise QuestionSetError(f"question {name!r} was not dropped here")
        position, question = self._dropped[name]
        position = min(position, len(self.questions))
        self._replace([*self.questions[:position], question, *self.questions[position:]], revision)
        del self._dropped[name]
        return position, question_to_json(question)

    def dropped(self) -> list[str]:
        """Return the ids of the questions that can be restored, the one dropped last at the end."""
        return list(self._dropped)

    def _position(self, name: str) -> int:
        for position, question in enumerate(self.questions):
            if question.id == name:
                return position
        raise QuestionSetError(f"there is no question {name!r} in this set")

    def _checked(self, before: Question | None, changes: JSONObject) -> Question:
        allowed = _CHANGEABLE if before else {*_CHANGEABLE, "id"}
        if refused := [name for name in changes if name not in allowed]:
            raise QuestionSetError(f"{refused[0]!r} cannot be changed here")
        row = (question_to_json(before) if before else {}) | changes
        row = {name: value for name, value in row.items() if value is not None}
        found = entry(self.path, f"question {row.get('id')}", row)
        if found.question is None:
            raise found.problems[0]
        # Ignore problems that the change did not cause.
        known = misfits(before, self.documents) if before else []
        for field, problem in misfits(found.question, self.documents):
            if (field, problem) not in known:
                raise QuestionSetError(f'{found.location}, field "{field}": {problem}')
        return found.question

    def _replace(self, questions: list[Question], revision: str) -> None:
        """Write the set, and then keep it in memory."""
        if revision != self.revision:
            raise OutdatedError("the set was changed in another window: reload this page")
        content = "".join(map(question_to_line, questions)).encode()
        try:
            if self._digest() != self.revision:
                raise OutdatedError(f"{self.path}: another program changed the file: start the review again")
            write_file(self.path, content)
        except OSError as error:
            raise QuestionSetError(f"{self.path}: cannot be written: {error.strerror}; nothing was changed") from None
        self.questions, self.revision = questions, hashlib.sha256(content).hexdigest()

    def _digest(self) -> str:
        """Return the digest of the file; empty if there is none."""
        try:
            with open_regular(self.path) as file:
                return hashlib.sha256(file.read()).hexdigest()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise QuestionSetError(f"{self.path}: cannot be read as a question set: {error.strerror}") from None
