"""Draw files of unpacked packages, as for the campaign: ``real_files_draw.py UNPACKED OUT``.

UNPACKED contains a folder for each package. Of each package and format some files are copied, chosen by a hash of their
paths; compressed ones are unpacked, and translations, duplicates and files of under 400 bytes are left out.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import sys
from collections import defaultdict
from pathlib import Path

from real_files import SUFFIXES

MOST = 12
MOST_OF = {".pdf": 25, ".docx": 30, ".pptx": 20, ".odt": 15, ".eml": 15, ".html": 8, ".txt": 5, ".md": 4}
LEAST_BYTES, MOST_BYTES = 400, 40_000_000
OTHER_LANGUAGE = re.compile(
    r"(?:^|[/._-])(?:ca|cs|da|de|el|es|fi|fr|fa|hr|hu|id|it|ja|ko|nb|nl|no|pl|pt|ro|ru|sv|tr|uk|vi|zh)"
    r"(?:[_-][A-Za-z]+)?(?:[/._-]|$)"
)


def main() -> None:
    """Copy the files drawn, each below its package's name."""
    unpacked, out = map(Path, sys.argv[1:])
    groups = defaultdict(list)
    for path in unpacked.rglob("*"):
        name = path.relative_to(unpacked).as_posix().removesuffix(".gz")
        suffix = Path(name).suffix.lower()
        if suffix in SUFFIXES and path.is_file() and not path.is_symlink() and not OTHER_LANGUAGE.search(name):
            groups[Path(name).parts[0], suffix].append((hashlib.sha256(name.encode()).digest(), name, path))
    for (_, suffix), files in groups.items():
        drawn: set[bytes] = set()
        for _, name, path in sorted(files):
            data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            digest = hashlib.sha256(data).digest()
            if digest in drawn or not LEAST_BYTES <= len(data) <= MOST_BYTES or len(drawn) == MOST_OF.get(suffix, MOST):
                continue
            drawn.add(digest)
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_bytes(data)


if __name__ == "__main__":
    main()
