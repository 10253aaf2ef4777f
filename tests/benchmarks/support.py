"""How well the support of generated sentences is told, on Wikipedia articles that nothing was fitted on.

``make bench-support``: statements made of SQuADShifts New Wiki by rule, true ones and the same with a number, a name or
a negation changed, each scored against the sentences of its paragraph.
"""

from __future__ import annotations

import sys
from pathlib import Path

from qa.embed import make_embedder
from qa.settings import Settings
from qa.span_model import make_span_model
from qa.support import INTERCEPT, SUPPORTED, WEAKLY_SUPPORTED, WEIGHTS, SupportScorer
from qa.training.examples import read_paragraphs
from qa.training.statements import statements
from qa.training.support import Fitted, measure, scored, table

DATA = Path(__file__).parents[3] / "shared" / "datasets" / "squadshifts_new_wiki.json"
MOST_TRUE = 200


def main() -> None:
    if not DATA.is_file():
        sys.exit(f"{DATA} is not here; nothing measured")
    settings = Settings()
    scorer = SupportScorer(make_embedder(settings), make_span_model(settings))
    measured = [measure(scorer, one) for one in statements(read_paragraphs(DATA), 0, MOST_TRUE)]
    print("\n".join(table(scored(Fitted(INTERCEPT, WEIGHTS), measured), SUPPORTED, WEAKLY_SUPPORTED)))


if __name__ == "__main__":
    main()
