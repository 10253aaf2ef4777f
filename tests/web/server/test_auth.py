"""The login: who is let in, and that what it is, is never told."""

from __future__ import annotations

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from qa.errors import QAError
from qa.settings import Settings
from qa.web.server.auth import Login, user_of


def basic(pair: str) -> bytes:
    return b"Basic " + base64.b64encode(pair.encode())


@pytest.fixture
def login() -> Login:
    return Login(["ann:s3cret:with colon", "b\u00e9a:p\u00e4ss"])


def test_each_pair_is_admitted_and_the_server_itself(login: Login) -> None:
    for header in (basic("ann:s3cret:with colon"), basic("b\u00e9a:p\u00e4ss"), login.own_header.encode()):
        assert login.admits(header)
    assert login.admits(basic("ann:s3cret:with colon").replace(b"Basic", b"basic"))


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"Basic",
        b"Basic ",
        b"Basic ?",
        b"Basic \xff",
        basic(""),
        basic(":"),
        basic("ann:"),
        basic("ann:s3cret"),
        basic("Ann:s3cret:with colon"),
        basic("b\u00e9a:s3cret:with colon"),
        basic("ann:s3cret:with colon\0"),
        b"Bearer ann:s3cret:with colon",
        b"ann:s3cret:with colon",
        b"Bearer ",
    ],
)
def test_wrong_credentials_are_refused(login: Login, header: bytes) -> None:
    assert not login.admits(header)


def test_it_is_read_from_a_setting_and_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "logins"
    file.write_text("ann:one\n\nbea:two\n", encoding="utf-8")
    monkeypatch.setenv("QA_LOGIN", "cid:three")
    monkeypatch.setenv("QA_LOGIN_FILE", str(file))
    login = Login.from_settings(Settings.from_environment())
    assert login
    assert all(login.admits(basic(pair)) for pair in ("ann:one", "bea:two", "cid:three"))
    assert Login.from_settings(Settings()) is not None
    monkeypatch.delenv("QA_LOGIN")
    monkeypatch.delenv("QA_LOGIN_FILE")
    assert Login.from_settings(Settings()) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"ann:one\nhunter2", r"logins, line 2: must be user:password"),
        (b"ann:\n", r"logins, line 1: must be user:password"),
        (b":hunter2\n", r"logins, line 1: must be user:password"),
        (b"\n \n", r"logins: the login file is empty"),
        (b"ann:caf\xe9", r"logins: the login file is not UTF-8 at byte 7"),
        (None, r"logins: the login file cannot be read: No such file"),
    ],
    ids=["no colon", "no password", "no user", "empty", "no UTF-8", "missing"],
)
def test_a_wrong_file_names_the_line_but_not_its_content(tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "logins"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(QAError, match=message) as caught:
        Login.from_settings(Settings(login_file=str(file)))
    assert "hunter2" not in str(caught.value)


def test_the_password_is_in_no_message_and_no_dump(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QA_LOGIN", "ann-hunter2")
    settings = Settings.from_environment()
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    with pytest.raises(QAError, match="QA_LOGIN: must be user:password") as caught:
        Login.from_settings(settings)
    assert "hunter2" not in shown + str(caught.value)
    monkeypatch.delenv("QA_LOGIN")
    file = tmp_path / "settings.toml"
    file.write_text("login = 40407", encoding="utf-8")
    with pytest.raises(QAError, match=r"login = \(not shown\)"):
        Settings.from_environment(file)


@pytest.mark.parametrize(
    ("settings", "authorization", "user"),
    [
        ({"login": "ann:one"}, basic("ann:one").decode(), "ann"),
        ({"login_file": "logins"}, basic("b\u00e9a:t:wo").decode(), "b\u00e9a"),
        ({"login": "ann:one"}, "Bearer ?", ""),
        ({}, basic("ann:one").decode(), ""),
    ],
    ids=["login", "file", "none", "no login"],
)
def test_the_user_is_named_where_there_is_a_login(settings: dict[str, Any], authorization: str, user: str) -> None:
    request: Any = SimpleNamespace(headers={"authorization": authorization})
    assert user_of(request, Settings(**settings)) == user
