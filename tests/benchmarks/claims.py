"""Whether the checks of a language model's answers tell true sentences from changed ones: ``make bench-claims``.

A scripted model answers every sample question truly, and then with a number, a name or a negation changed, over the
real protocol and through the whole pipeline. Nothing was fitted on these sentences. `--list` prints the wrong verdicts.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from qa.pipeline import QA
from qa.settings import Settings
from qa.types import Request

ROOT = Path(__file__).parents[2]
VERDICTS = ("supported", "weakly supported", "unsupported")


def main() -> None:
    """Ask, and print how the sentences were judged."""
    sys.path.insert(0, str(ROOT / "tests"))
    from llm.liar import Liar, statements
    from scripted_model import ScriptedModel

    listed = "--list" in sys.argv
    documents = dict(QA.from_path(ROOT / "data" / "articles").documents)
    liar = Liar(documents)
    judged: dict[str, Counter[str]] = {}
    quoted: Counter[str] = Counter()
    fell_back, answers, astray = Counter[str](), Counter[str](), Counter[str]()
    with ScriptedModel(liar) as server:
        bot = QA.from_path(ROOT / "data" / "articles", settings=Settings(llm_model="liar", llm_url=server.url))
        for statement in statements():
            liar.statement = statement
            liar.named = ()
            document = statement.question.document
            request = Request(statement.question.question, documents=[document] if document else None)
            *_, answer = bot.stream(request, always_answer=True)
            assert answer.generated is not None
            answers[statement.kind] += 1
            fell_back[statement.kind] += answer.generated.problem is not None
            if not liar.named:
                astray[statement.kind] += 1
                continue
            for claim in answer.generated.claims:
                quoted.update(quotation.verdict for quotation in claim.quotations)
                kind = statement.kind if claim.text in statement.wrong else "true"
                if kind == "true" and statement.kind != "true":
                    continue
                judged.setdefault(kind, Counter())[claim.support] += 1
                if listed and claim.support == ("unsupported" if kind == "true" else "supported"):
                    print(f"{kind:9}{claim.support:17}{claim.score:.2f}  {statement.question.question} {claim.text}")
    judged["changed, all"] = sum((counts for kind, counts in judged.items() if kind != "true"), Counter())
    print("| sentences | number | " + " | ".join(VERDICTS) + " |")
    print("|---|---|---|---|---|")
    for kind, counts in judged.items():
        shares = " | ".join(f"{100 * counts[verdict] / counts.total():.1f}" for verdict in VERDICTS)
        print(f"| {kind} | {counts.total()} | {shares} |")
    print("quotations: " + ", ".join(f"{count} {verdict}" for verdict, count in sorted(quoted.items())))
    for kind, count in answers.items():
        print(f"{kind}: {count} answers, {fell_back[kind]} fell back; evidence not in the prompt for {astray[kind]}")


if __name__ == "__main__":
    main()
