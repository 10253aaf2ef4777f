"""Where a library is: at home by default, and never shared by all who reach a public page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qa import QAError, Settings
from qa.web.library.location import library_folder, opened_library

LOCAL = frozenset({"localhost", "127.0.0.1"})
HOME = "cited-qa"


@pytest.mark.parametrize(
    ("settings", "names", "space", "expected"),
    [
        ({}, LOCAL, False, HOME),
        ({"library": "off"}, LOCAL, False, None),
        ({"library": "here"}, LOCAL, False, "here"),
        ({}, None, False, None),
        ({"host_names": "chat.example.org"}, LOCAL, False, None),
        ({"login_file": "users"}, None, False, HOME),
        ({"login": "ada:secret", "library": "here"}, None, False, "here"),
        ({"login": "ada:secret"}, None, True, None),
        ({"login": "ada:secret", "library": "data"}, None, True, "data"),
    ],
)
def test_the_folder(
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, Any],
    names: frozenset[str] | None,
    space: bool,
    expected: str | None,
) -> None:
    monkeypatch.delenv("QA_LIBRARY")
    if space:
        monkeypatch.setenv("SYSTEM", "spaces")
    folder = library_folder(Settings(**settings), names)
    assert (folder and folder.name) == expected


@pytest.mark.parametrize(("settings", "names"), [({}, None), ({"host_names": "chat.example.org"}, LOCAL)])
def test_a_library_that_everybody_would_share_is_refused(
    settings: dict[str, Any], names: frozenset[str] | None
) -> None:
    with pytest.raises(
        QAError, match=r"here: everyone who can reach this server would share the library; set QA_LOGIN"
    ):
        library_folder(Settings(library="here", **settings), names)


def test_it_is_open_while_it_is_used(tmp_path: Path) -> None:
    settings = Settings(library=str(tmp_path / "library"))
    for _ in range(2):
        with opened_library(settings, LOCAL) as database:
            assert database
            with pytest.raises(QAError, match="open in another server"), opened_library(settings, LOCAL):
                pass
    with opened_library(Settings(library="off"), LOCAL) as database:
        assert database is None
