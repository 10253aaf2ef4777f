"""What MkDocs does besides: links to files outside ``docs/`` work in the repository, and are plain text on the site."""

from __future__ import annotations

import posixpath
import re
from typing import Any

LINK = re.compile(r"\[([^\]]*)\]\((\.\./[^)#]*)(#[^)]*)?\)")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:  # noqa: ANN401 -- MkDocs is in another environment
    """Keep the text of a link that leads out of ``docs/``, with the path of the file in the repository."""

    def plain(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page.file.src_uri), link[2]))
        if path.startswith("docs/"):
            return link[0]
        return f"`{path}`" if link[1] == path else f"{link[1]} (`{path}`)"

    return LINK.sub(plain, markdown)
