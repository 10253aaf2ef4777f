"""An index from an untrusted source shows no file of the server's disk, whatever its manifest says."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import COMMAND
from made_files import make_pdf
from saved_index import rewrite_manifest

from qa import QA

from .conftest import running
from .http_api import printed, source

SECRET = "The keeper of the vault is called Murphy."  # noqa: S105
LINK = "#article:report.pdf:0"


def serve(*arguments: str | Path) -> list[str]:
    return [*COMMAND, "serve", *map(str, arguments)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Return an index whose manifest names a secret file, the articles it was made of, and a folder beside them."""
    root = tmp_path_factory.mktemp("given")
    articles, others = root / "articles", root / "others"
    for folder, text in ((articles, "The report is public."), (others, SECRET)):
        folder.mkdir()
        (folder / "report.pdf").write_bytes(make_pdf(text))
    QA.from_path(articles).save(root / "index")

    def name_the_secret(manifest: dict[str, list[dict[str, str]]]) -> None:
        manifest["documents"][0]["source"] = str(others / "report.pdf")

    rewrite_manifest(root / "index", name_the_secret)
    return root / "index", articles, others


@pytest.mark.parametrize(
    ("docs", "shown"),
    [
        pytest.param(1, True, id="with the articles it was made of"),
        pytest.param(2, False, id="with other articles of the same names"),
    ],
)
def test_only_the_files_given_now_are_shown(folders: tuple[Path, Path, Path], docs: int, shown: bool) -> None:
    with running(serve("--index", folders[0], "--docs", folders[docs])) as (address, _):
        assert "The report is public" in source(address, LINK, None)
        pdf_page = printed(address, LINK, None)
    assert ("data:image/png" in pdf_page) == shown
    assert shown or pdf_page == ""
