"""Make the page's serif font from Source Serif 4: Latin letters, in two weights and italic.

The licence (OFL 1.1) reserves the name of the original, so the subset is called Cited QA Serif.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from qa.output.terminal import echo

FAMILY = "Cited QA Serif"
MAX_BYTES = 60_000
# Basic Latin, Latin-1, Latin Extended-A, and the dashes, quotation marks and signs of prose.
_PROSE = (
    *range(0x20, 0x7F), *range(0xA0, 0x100), *range(0x2010, 0x2028), *range(0x2030, 0x203B),
    0x2044, 0x20AC, 0x2122, 0x2212,
)  # fmt: skip
_EXTENDED = range(0x100, 0x180)
_STYLES = {"regular": "400-normal", "bold": "700-normal", "italic": "400-italic"}
_FILES = {
    "regular": ("latin", "regular", _PROSE),
    "bold": ("latin", "bold", _PROSE),
    "italic": ("latin", "italic", range(0x20, 0x7F)),
    "regular-extended": ("latin-ext", "regular", _EXTENDED),
}
_NAMES = {1: FAMILY, 3: FAMILY, 4: FAMILY, 6: FAMILY.replace(" ", "")}


def make(original: Path, out: Path) -> int:
    """Write the subsets as WOFF2 and return their total size in bytes.

    The original is the folder "files" of the npm package @fontsource/source-serif-4.
    """
    for name, (script, style, codes) in _FILES.items():
        font = TTFont(original / f"source-serif-4-{script}-{_STYLES[style]}.woff2")
        options = Options(layout_features=["kern", "liga", "mark", "ccmp", "locl"], hinting=False, name_IDs=["*"])
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=codes)
        subsetter.subset(font)
        for number, text in _NAMES.items():
            font["name"].setName(text, number, 3, 1, 0x409)
        for record in [each for each in font["name"].names if each.nameID in {16, 17, 21, 22, 25}]:
            font["name"].names.remove(record)
        font.flavor = "woff2"
        font.save(out / f"{name}.woff2")
    return sum((out / f"{name}.woff2").stat().st_size for name in _FILES)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("original", type=Path)
    parser.add_argument("out", type=Path)
    size = make(**vars(parser.parse_args()))
    echo(f"{size:,} bytes; at most {MAX_BYTES:,}")
    raise SystemExit(size > MAX_BYTES)
