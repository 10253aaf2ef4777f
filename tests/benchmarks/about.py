"""Questions about the library and the product, and look-alikes about articles' content: ``make bench-about``.

The share of the first that are taken for their topic, and of the second that are taken for none, if the articles do not
answer them. "Held" questions were written before the rules, and not looked at while these were made.
"""

from __future__ import annotations

import json
from pathlib import Path

from qa.answering.about.bot_replies import Library, about
from qa.answering.about.topics import topic_of
from qa.settings import Settings

QUESTIONS = Path(__file__).with_name("about.jsonl")


def main() -> None:
    """Print the table."""
    questions = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    library = Library({}, Settings())
    print("| half | about | topic right | not declined | look-alikes | searched for |")
    print("|---|---|---|---|---|---|")
    for half in ("development", "held"):
        mine = [one for one in questions if one["half"] == half]
        asked = [one for one in mine if one["about"]]
        others = [one for one in mine if not one["about"]]
        right = sum(topic_of(one["question"], first=True) == one["about"] for one in asked)
        answered = sum(about(one["question"], library, declined=True) is not None for one in asked)
        searched = sum(about(one["question"], library, declined=True) is None for one in others)
        shares = [right / len(asked), answered / len(asked)]
        figures = " | ".join(f"{100 * share:.1f}" for share in shares)
        print(f"| {half} | {len(asked)} | {figures} | {len(others)} | {100 * searched / len(others):.1f} |")


if __name__ == "__main__":
    main()
