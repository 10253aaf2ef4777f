"""The server of the review page: what a change writes, and which requests are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from qa.errors import QuestionSetError
from qa.evaluation.datasets.questions import read_questions
from qa.types import Document
from qa.web.review.question_set import ReviewedSet
from qa.web.review.server import MAX_BODY_BYTES, review_app

TEXT = "The tower was built in 1887. \U0001f41d Bees live in it."
LINES = [
    {
        "id": "q1",
        "question": "When was it built?",
        "answers": ["1887"],
        "document": "a.md",
        "draft": True,
        "big": 2**60,
    },
    {"id": "q2", "question": "Who lives in it?", "answerable": True, "kind": "name"},
]


class Review:
    """A client of a set's review, which knows the revision that it saw last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.client = TestClient(
            review_app(ReviewedSet(path, [Document("a.md", TEXT, "A tower", "a.md")])), "http://127.0.0.1:7861"
        )
        self.revision: str = self.client.get("/set").json()["revision"]

    def post(self, what: str, **body: Any) -> Any:  # noqa: ANN401
        reply = self.client.post(f"/{what}", json={"revision": self.revision, **body})
        self.revision = reply.json().get("revision", self.revision)
        return reply


@pytest.fixture
def review(tmp_path: Path) -> Review:
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    return Review(path)


def test_every_change_is_in_the_file_at_once(review: Review) -> None:
    evidence = [{"document": "a.md", "start": 0, "end": 28}]
    reply = review.post("change", id="q1", changes={"draft": None, "evidence": evidence, "tags": ["date"]})
    assert reply.status_code == 200
    first, second = read_questions(review.path)
    # Other fields are unchanged, including numbers that JavaScript cannot represent.
    assert first.extra == {"big": 2**60, "tags": ["date"]}
    assert [(span.start, span.end) for span in first.evidence] == [(0, 28)]
    assert review.post("drop", id="q2").status_code == 200
    assert read_questions(review.path) == (first,)
    added = review.post("add", changes={"question": "Where?", "draft": True}).json()["question"]
    assert [question.id for question in read_questions(review.path)] == ["q1", added["id"]]
    assert review.client.get("/set").json()["dropped"] == ["q2"]
    assert review.post("restore", id="q2").json()["position"] == 1
    assert read_questions(review.path)[1] == second


def test_a_reopened_set_has_the_same_revision(review: Review) -> None:
    review.post("change", id="q2", changes={"question": "Who lives there?"})
    again = Review(review.path)
    assert again.revision == review.revision
    again.revision = review.revision
    assert again.post("change", id="q2", changes={"answers": ["bees"]}).status_code == 200


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"question": " "}, "expected a non-empty string"),
        ({"evidence": [{"document": "a.md", "start": 0, "end": 999}]}, "is outside"),
        ({"document": "b.md"}, "is not among the 1 loaded"),
        ({"id": "other"}, "'id' cannot be changed here"),
        ({"answerable": False}, "expected no answers to a question that is not answerable"),
    ],
)
def test_an_invalid_change_is_reported_and_changes_nothing(
    review: Review, changes: dict[str, Any], problem: str
) -> None:
    before = review.path.read_bytes()
    reply = review.post("change", id="q1", changes=changes)
    assert reply.status_code == 422
    assert problem in reply.json()["detail"]
    assert review.path.read_bytes() == before


def test_changes_of_other_programs_are_not_overwritten(review: Review) -> None:
    with review.path.open("a") as file:
        file.write('{"id": "q3", "question": "Why?"}\n')
    before = review.path.read_bytes()
    reply = review.post("drop", id="q1")
    assert (reply.status_code, review.path.read_bytes()) == (409, before)
    assert "another program changed the file" in reply.json()["detail"]
    assert review.client.post("/drop", json={"revision": "older", "id": "q1"}).status_code == 409


def test_a_failed_write_changes_neither_the_file_nor_the_set(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("qa.web.review.question_set.write_file", full)
    before = review.path.read_bytes()
    assert "No space left on device" in review.post("drop", id="q1").json()["detail"]
    assert len(review.client.get("/set").json()["questions"]) == 2
    assert review.path.read_bytes() == before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 403),
        ({"host": "evil.example:7861", "origin": "http://evil.example:7861"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:3000"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-length": str(MAX_BODY_BYTES + 1)}, 413),
    ],
    ids=str,
)
def test_requests_of_other_sites_and_large_ones_are_refused(
    review: Review, headers: dict[str, str], status: int
) -> None:
    body = json.dumps({"revision": review.revision, "id": "q1"})
    sent = {"content-type": "application/json", **headers}
    assert review.client.post("/drop", content=body, headers=sent).status_code == status
    assert len(read_questions(review.path)) == 2
    if status == 403:
        assert review.client.get("/set", headers=headers).status_code == 403


def test_any_other_body_or_path_is_refused_and_every_reply_has_the_policy(review: Review) -> None:
    sent = {"content-type": "application/json"}
    for body in ("", "[]", "3", "{", "[" * 90_000, '{"revision": 1}', '{"revision": "", "id": [], "changes": 3}'):
        assert review.client.post("/change", content=body, headers=sent).status_code in {400, 409, 422}
    assert review.post("burn", id="q1").status_code == 400
    assert review.client.get("/../../etc/passwd").status_code in {404, 405}
    assert review.client.get("/document", params={"id": "b.md"}).status_code == 404
    for path in ("/", "/review.js", "/review.css", "/set", "/document?id=a.md", "/nothing"):
        reply = review.client.get(path)
        assert "default-src 'none'" in reply.headers["content-security-policy"], path


def test_only_json_lines_without_faults_are_reviewed(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match="only JSON Lines can be reviewed"):
        ReviewedSet(tmp_path / "set.csv", [])
    broken = tmp_path / "set.jsonl"
    broken.write_text('{"id": "q1"}\n')
    with pytest.raises(QuestionSetError, match='line 1, field "question": missing'):
        ReviewedSet(broken, [])


def test_a_new_set_is_written_with_its_first_question(tmp_path: Path) -> None:
    review = Review(tmp_path / "new.jsonl")
    assert not review.path.exists()
    review.post("add", changes={"question": "When?", "answers": ["1887"]})
    assert read_questions(review.path)[0].answers == ("1887",)
    review.post("drop", id="added-1")
    assert review.path.read_bytes() == b""
    assert Review(review.path).client.get("/set").json()["questions"] == []
