"""Answers by a language model, replayed: ``make bench-generated``.

A server on 127.0.0.1 replays `data/replies` over the real protocol and through the whole pipeline. It recognises the
question in the prompt, and after each recorded sentence cites the numbers that the sentence's evidence has in that
prompt. As the judge, it replays the verdicts of a second reader, who did not know which sentences are true. `--list`
prints every failure.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from results import print_table

from qa.claims import Claim, Verdict
from qa.evaluation.datasets.formats.jsonl import read_articles
from qa.generation.generator import make_generator
from qa.pipeline import QA
from qa.settings import Settings
from qa.types import Answer, Document

ROOT = Path(__file__).parents[2]
REPLIES = ROOT / "data" / "replies"
OPEN = ("why", "how", "compare", "summarise")
_QUESTION = re.compile(r"<question>(.*?)</question>", re.DOTALL)
_CLAIM = re.compile(r'<claim n="(\d+)">(.*?)</claim>', re.DOTALL)
_NUMBERED = re.compile(r"\[S(\d+)\] ")
Row = dict[str, Any]


def read_rows(pattern: str) -> list[Row]:
    """Return the rows of all files that match a pattern."""
    lines = (line for path in sorted(REPLIES.glob(pattern)) for line in path.read_text(encoding="utf-8").splitlines())
    return [json.loads(line) for line in lines if line.strip()]


def documents() -> Iterator[Document]:
    """Yield the documents that the questions are about."""
    for text in json.loads((REPLIES / "texts.json").read_text(encoding="utf-8")):
        folder = ROOT / text["source"]
        if (folder / text["id"]).is_file():
            yield Document(
                text["id"], (folder / text["id"]).read_text(encoding="utf-8"), _title(folder / text["id"]), ""
            )
        else:
            yield next(one for one in read_articles(folder) if one.id == text["id"])


def _title(path: Path) -> str:
    return path.read_text(encoding="utf-8").split("\n", 1)[0].lstrip("# ")


def plain(text: str) -> str:
    """Return the words of a text in lower case, as texts are compared."""
    return " ".join(re.findall(r"\w+", text.lower()))


@dataclass
class Replay:
    """The server's script.

    Attributes
    ----------
    replies : mapping of str to sequence of (str, sequence of str, bool)
        By question: sentences, their evidence, and whether to leave out their numbers.
    listed : set of str
        Questions answered with a list.
    verdicts : mapping of str to dict
        By claim.
    """

    replies: Mapping[str, Sequence[tuple[str, Sequence[str], bool]]]
    listed: set[str]
    verdicts: Mapping[str, Row]

    def __call__(self, body: Row) -> Any:  # noqa: ANN401 -- a Reply
        """Return the reply to a prompt for an answer or for verdicts."""
        from scripted_model import Reply

        asked = body["messages"][-1]["content"]
        claims = _CLAIM.findall(asked)
        if claims:
            return Reply([json.dumps({"verdicts": [self._verdict(int(n), text) for n, text in claims]})])
        reply = self.replies[plain(_QUESTION.findall(asked)[-1])]
        numbers = dict(_units(asked))
        sentences = [f"{text[:-1]}{_marks(evidence, numbers, bare)}{text[-1]}" for text, evidence, bare in reply]
        listed = plain(_QUESTION.findall(asked)[-1]) in self.listed
        return Reply([("- " + "\n- ".join(sentences) if listed else " ".join(sentences)) or "NOT STATED"])

    def _verdict(self, n: int, text: str) -> Row:
        found = self.verdicts.get(plain(text)) or self.verdicts.get(re.sub("^(yes|no) ", "", plain(text)))
        found = found or {"verdict": "unsupported", "missing": "no verdict is recorded"}
        return {"n": n, "verdict": found["verdict"], "missing": found["missing"]}


def _units(prompt: str) -> Iterator[tuple[int, str]]:
    """Yield each number of a prompt with its text."""
    marks = list(_NUMBERED.finditer(prompt))
    for mark, end in zip(marks, [*(one.start() for one in marks[1:]), len(prompt)], strict=True):
        yield int(mark[1]), plain(prompt[mark.end() : end].partition("\n\n")[0])


def _marks(evidence: Iterable[str], numbers: Mapping[int, str], bare: bool) -> str:
    wanted = [plain(one) for one in evidence]
    named = [n for n, text in numbers.items() if text and any(one in text or text in one for one in wanted)]
    return "" if bare or not named else f" [{', '.join(f'S{n}' for n in named)}]"


@dataclass
class Asked:
    """An answer, and its claims by their words."""

    answer: Answer
    claims: dict[str, Claim]

    @property
    def is_shown(self) -> bool:
        """Whether the generated answer is shown."""
        return self.answer.generated is not None and self.answer.generated.problem is None

    @property
    def whole(self) -> bool:
        """Whether it is shown, with no sentence struck."""
        return self.is_shown and all(claim.verdict != "unsupported" for claim in self.claims.values())


def ask(bot: QA, rows: Sequence[Row], replay: Replay, judge: str) -> dict[str, Asked]:
    """Return the answers by question id."""
    from scripted_model import ScriptedModel

    with ScriptedModel(replay) as server:
        settings = Settings(llm_model="replayed", llm_url=server.url, judge=judge)
        bot.generator = make_generator(settings, bot.embedder)
        found = {}
        for row in rows:
            answer = bot.ask(row["question"], documents=[row["document"]])
            claims = answer.generated.claims if answer.generated else ()
            found[row["id"]] = Asked(answer, {plain(claim.text): claim for claim in claims})
        return found


def share(part: int, whole: int) -> str:
    """Return a percentage and its counts."""
    return f"{100 * part / whole:.1f}% ({part} of {whole})" if whole else "-"


def overlap(answer: Answer, claim: Claim, evidence: Iterable[str]) -> bool:
    """Return whether an excerpt of a claim overlaps its recorded evidence."""
    excerpts = [plain(cited.text) for cited in answer.citations if cited.n in claim.citations]
    return any(plain(one) in text or text in plain(one) for one in evidence for text in excerpts)


def main() -> None:
    """Ask, and print the figures."""
    sys.path.insert(0, str(ROOT / "tests"))
    texts = list(documents())
    bot = QA()
    bot.add(texts)
    rows = read_rows("?.jsonl")
    false = read_rows("?-false.jsonl")
    verdicts = {plain(row["claim"]): row for row in read_rows("?-verdicts.jsonl")}
    listed = {plain(row["question"]) for row in rows if row["type"] == "list"}
    by_question: dict[str, list[Row]] = {}
    for one in false:
        by_question.setdefault(one["question"], []).append(one)

    def replies_of(key: str) -> dict[str, list[tuple[str, Sequence[str], bool]]]:
        found = {}
        for row in rows:
            sentences = row["small"] if key == "small" else row["strong"]
            uncited = row.get("strong_uncited", ()) if key == "strong" else ()
            found[plain(row["question"])] = [
                *((one["text"], one["evidence"], n in uncited) for n, one in enumerate(sentences)),
                *((one["text"], one["evidence"], False) for one in by_question.get(row["id"], ()) if key == "false"),
            ]
        return found

    runs = {
        (key, judge): ask(bot, rows, Replay(replies_of(key), listed, verdicts), judge)
        for key, judge in (("strong", "same"), ("false", "same"), ("false", "off"), ("small", "same"))
    }
    answerable = [row for row in rows if row["answerable"]]
    strong = runs["strong", "same"]
    true = [(row["id"], plain(one["text"])) for row in answerable for one in row["strong"]]
    wrong = [(one["question"], plain(one["text"])) for one in false]
    lost = [(name, text) for name, text in true if text not in strong[name].claims]
    true = [one for one in true if one not in lost]
    problems = [f"changed by the parser: {name} {text}" for name, text in lost]

    def count(run: dict[str, Asked], sentences: Sequence[tuple[str, str]], verdict: str) -> int:
        found = [(name, text) for name, text in sentences if text in run[name].claims]
        hits = [(name, text) for name, text in found if run[name].claims[text].verdict == verdict]
        bad = verdict == ("supported" if sentences is wrong else "unsupported")
        problems.extend(f"{verdict}: {name} {text}: {run[name].claims[text].missing}" for name, text in hits if bad)
        return len(hits)

    whole = sum(strong[row["id"]].whole for row in answerable)
    problems += [
        f"not whole: {row['id']} {strong[row['id']].answer.generated}"
        for row in answerable
        if not strong[row["id"]].whole
    ]
    kinds = [row for row in answerable if row["type"] in OPEN]
    uncited = [
        (row["id"], row["strong"][n]) for row in answerable for n in row["strong_uncited"] if n < len(row["strong"])
    ]
    found = 0
    for name, one in uncited:
        claim = strong[name].claims.get(plain(one["text"]))
        hit = claim is not None and overlap(strong[name].answer, claim, one["evidence"])
        found += hit
        problems += [] if hit else [f"evidence not found: {name} {one['text']}"]
    judged, free = runs["false", "same"], runs["false", "off"]
    alarms = [(name, text) for name, text in true if text in free[name].claims and free[name].claims[text].missing]
    problems += [f"alarm: {name} {text}: {free[name].claims[text].missing}" for name, text in alarms]
    flagged = [(name, text) for name, text in wrong if text in free[name].claims and free[name].claims[text].missing]
    shown = sum(strong[row["id"]].is_shown for row in kinds)
    none = [row for row in rows if not row["answerable"] and not row["strong"]]
    declined = sum(strong[row["id"]].answer.abstained for row in none)
    print_table(
        ("strong replies", "result"),
        [
            ("right answers shown whole", share(whole, len(answerable))),
            ("answers to why, how, compare and summarise questions kept", share(shown, len(kinds))),
            ("true sentences supported", share(count(strong, true, "supported"), len(true))),
            ("true sentences struck", share(count(strong, true, "unsupported"), len(true))),
            ("false sentences supported", share(count(judged, wrong, "supported"), len(wrong))),
            ("false sentences struck", share(count(judged, wrong, "unsupported"), len(wrong))),
            ("without a judge: true sentences with an alarm", share(len(alarms), len(true))),
            ("without a judge: false sentences supported", share(count(free, wrong, "supported"), len(wrong))),
            ("without a judge: false sentences with a mark", share(len(flagged), len(wrong))),
            ("evidence found of sentences that name none", share(found, len(uncited))),
            ("unanswerable questions declined", share(declined, len(none))),
        ],
        f"Replies to {len(rows)} questions about {len(texts)} texts",
    )  # fmt: skip
    small = runs["small", "same"]
    labelled = [(row["id"], one) for row in rows for one in row["small"]]
    verdicts_of = {
        truth: Counter(
            small[name].claims[plain(one["text"])].verdict
            for name, one in labelled
            if one["true"] == truth and plain(one["text"]) in small[name].claims
        )
        for truth in (True, False)
    }
    columns: tuple[Verdict, ...] = ("supported", "partly", "unsupported", "not_checked")
    print_table(
        ("replies as of a small model", "number", *columns),
        [
            ("true" if truth else "false", counts.total(), *(share(counts[one], counts.total()) for one in columns))
            for truth, counts in verdicts_of.items()
        ],
        "Sentences as of a small model",
    )
    generated = [one.answer.generated for one in strong.values() if one.answer.generated]
    print(f"prompt tokens, median of an answer with its judge: {median(one.prompt_tokens for one in generated):,}")
    print(f"calls of an answer: {max(one.calls for one in generated)} at most")
    if "--list" in sys.argv:
        print("\n".join(problems))


if __name__ == "__main__":
    main()
