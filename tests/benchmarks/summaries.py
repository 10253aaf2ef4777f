"""Key sentences of articles against summaries written by hand: ``make bench-summaries``.

ROUGE-2 (Lin 2004) is the F measure over pairs of words, compared with that of an article's first three sentences, and
of as many first sentences as the summary has. The summaries of ``summaries.jsonl`` were written before the code;
nothing was chosen by those tagged "held". Sections covered are those of the article's, up to seven, from which a
sentence is taken.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from statistics import mean

from qa.answering.summaries.key_sentences import MAX_SENTENCES, key_sentences, prose_sentences
from qa.index.builder import embed_documents
from qa.models.embedder import make_embedder
from qa.settings import Settings
from qa.types import Document

ROOT = Path(__file__).parents[2]


def rouge_2(text: str, reference: str) -> float:
    """Return the F measure of the pairs of words that a text shares with a reference."""
    one, other = _pairs(text), _pairs(reference)
    shared = sum((one & other).values())
    return 2 * shared / max(1, sum(one.values()) + sum(other.values()))


def _pairs(text: str) -> Counter[tuple[str, str]]:
    words = re.findall(r"\w+", text.lower())
    return Counter(pairwise(words))


def articles() -> dict[str, str]:
    """Return the texts of all articles that may have a summary, by id."""
    written = (ROOT / "data" / "training" / "held-out" / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    samples = {
        path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "data" / "articles").glob("*.md"))
    }
    return samples | {one["id"]: one["text"] for one in map(json.loads, written)}


def main() -> None:
    """Print a table of both halves."""
    lines = Path(__file__).with_name("summaries.jsonl").read_text(encoding="utf-8").splitlines()
    references = [json.loads(line) for line in lines]
    texts, settings = articles(), Settings()
    documents = [Document(one["document"], texts[one["document"]], one["document"], "") for one in references]
    entries = embed_documents(documents, make_embedder(settings), settings)
    rows = []
    for reference, entry in zip(references, entries, strict=True):
        text, every = entry.document.text, prose_sentences(entry)
        spans = key_sentences(entry, None, None)
        sections = {one.section for one in every}
        covered = {one.section for one in every if (one.start, one.end) in spans}
        first = [text[one.start : one.end] for one in every]
        candidates = [
            " ".join(some) for some in ([text[slice(*span)] for span in spans], first[:3], first[: len(spans)])
        ]
        scores = [rouge_2(one, reference["summary"]) for one in candidates]
        rows.append((reference["half"], *scores, len(covered) / min(MAX_SENTENCES, len(sections)), len(spans)))
    print("| half | articles | sentences | ROUGE-2 | first three | as many first | sections covered |")
    print("|---|---|---|---|---|---|---|")
    for half in ("development", "held"):
        mine = [row for row in rows if row[0] == half]
        ours, lead, longer, covered, length = (mean(row[n] for row in mine) for n in range(1, 6))
        print(
            f"| {half} | {len(mine)} | {length:.1f} | {100 * ours:.1f} | {100 * lead:.1f} | {100 * longer:.1f} "
            f"| {100 * covered:.0f} |"
        )


if __name__ == "__main__":
    main()
