"""Write the coverage that ``make coverage`` measured into docs/development.md."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "development.md"


def main() -> None:
    """Replace the line between the two comments."""
    measured = json.loads((ROOT / "build" / "coverage.json").read_text(encoding="utf-8"))
    totals = measured["totals"]
    date = datetime.fromisoformat(measured["meta"]["timestamp"]).astimezone(UTC).date()
    line = (
        f"{totals['percent_covered']:.1f}% of the {totals['num_statements']:,} statements and"
        f" {totals['num_branches']:,} branches of `qa/` are covered, as measured on {date}."
    )
    text = PAGE.read_text(encoding="utf-8")
    text, found = re.subn("(<!-- coverage -->).*?(<!-- /coverage -->)", rf"\g<1>{line}\g<2>", text, flags=re.DOTALL)
    assert found == 1, f"{PAGE} must contain <!-- coverage --> once"
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
