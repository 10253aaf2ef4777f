"""The page's font: under its size, under a name that its licence allows, and served as the page names it."""

from __future__ import annotations

import re

from fontTools.ttLib import TTFont

from qa.training.font import FAMILY, MAX_BYTES
from qa.web.ui.files import page_files
from qa.web.ui.scripts import STATIC


def test_its_files_are_small_renamed_and_served() -> None:
    files = sorted((STATIC / "fonts").glob("*.woff2"))
    assert 0 < sum(file.stat().st_size for file in files) <= MAX_BYTES
    for file in files:
        names = TTFont(file)["name"]
        assert names.getDebugName(1) == FAMILY
        # "Source" is reserved; whose font it is stays.
        assert "Source" not in f"{names.getDebugName(4)} {names.getDebugName(6)}"
        assert "Adobe" in (names.getDebugName(0) or "")
    named = set(re.findall(r'url\("([^"]+)"\)', (STATIC / "fonts.css").read_text(encoding="utf-8")))
    assert named == {f"fonts/{file.name}" for file in files}
    assert {f"/{name}" for name in named} <= {getattr(route, "path", "") for route in page_files()}
