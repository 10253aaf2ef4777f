"""Choosing and testing the language model, on the page of a server that only its own computer can reach."""

from __future__ import annotations

import json
import re
import sys

import pytest
from playwright.sync_api import Browser, expect
from scripted_model import JSON, Reply, ScriptedModel

from qa.settings import Settings
from qa.web.server.server import host_names

from .conftest import opened, running
from .http_api import ask
from .test_accessibility import in_both_themes

JETS = "Which fighter jets did China buy?"
BOUGHT = "China bought Su-35 fighter jets and the S-400 surface-to-air missile defence system [S26]."
MODELS = {"/v1/models": {"data": [{"id": "small"}, {"id": "<b>large</b>"}]}}


def script(body: JSON) -> Reply:
    asked = body["messages"][-1]["content"]
    claims = re.findall(r'<claim n="(\d+)">', asked)
    if claims:
        verdicts = [
            {"n": int(n), "verdict": "unsupported" if "lamp" in asked and n == "2" else "supported", "missing": ""}
            for n in claims
        ]
        return Reply([json.dumps({"verdicts": verdicts})])
    return Reply("It is 31 metres tall [S1]." if "lighthouse" in asked else BOUGHT)


def test_a_model_is_chosen_tested_and_switched_off_for_all_users(browser: Browser) -> None:
    with (
        ScriptedModel(script, server_info=MODELS) as model,
        running([sys.executable, "app.py"], QA_LLM_URL=model.url, QA_LLM_MODEL="") as (address, _),
        opened(browser, address) as chat,
    ):
        panel = chat.page.locator("#model")
        panel.get_by_text("Language model: none").click()
        names = panel.locator("select option")
        expect(names).to_have_text(["None: exact excerpts only", "small", "<b>large</b>"])
        assert model.requests == []
        panel.locator("select").select_option("small")
        panel.get_by_role("button", name="Use and test").click()
        expect(panel.get_by_text("Language model: small")).to_be_visible()
        expect(panel.locator("#model-checks .ok b")).to_have_text(["model", "reply", "citations", "judge"])
        expect(chat.page.locator("#chat .placeholder")).to_contain_text("Answers are written by small at 127.0.0.1")
        expect(chat.page.locator("#chat a.ask").first).to_be_visible()
        for theme, found in in_both_themes(chat.page):
            assert found == {}, theme

        expect(chat.ask(JETS).locator(".phrased")).to_be_visible()
        assert {request.body["model"] for request in model.requests} == {"small"}
        assert ask(address, JETS)["generated"]["model"] == "small"
        with opened(browser, address, width=390) as other:
            expect(other.page.locator("#model").get_by_text("Language model: small")).to_be_visible()
            expect(other.page.locator("#chat .placeholder")).to_contain_text("Answers are written by small")

        panel.locator("select").select_option("")
        panel.get_by_role("button", name="Use and test").click()
        expect(panel.get_by_text("Language model: none")).to_be_visible()
        expect(panel.locator("#model-checks li")).to_have_count(0)
        assert ask(address, JETS)["generated"] is None


@pytest.mark.parametrize(
    ("host", "settings", "allowed"),
    [
        ("127.0.0.1", {}, True),
        ("localhost", {}, True),
        ("0.0.0.0", {}, False),
        ("127.0.0.1", {"host_names": "qa.example.org"}, False),
        ("127.0.0.1", {"login": "ann:secret"}, False),
        ("127.0.0.1", {"login_file": "users"}, False),
    ],
)
def test_the_panel_needs_a_server_that_only_this_computer_reaches(
    host: str, settings: dict[str, str], allowed: bool
) -> None:
    given = Settings.model_validate(settings)
    from qa.web.ui.model_panel import may_choose

    assert may_choose(given, host_names(given, host)) is allowed


def test_never_on_a_space(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYSTEM", "spaces")
    from qa.web.ui.model_panel import may_choose

    assert not may_choose(Settings(), host_names(Settings(), "127.0.0.1"))


def test_a_malformed_address_does_not_keep_the_page_from_opening() -> None:
    from qa.web.ui.welcome import placeholder_html

    shown = placeholder_html(Settings(llm_model="tiny", llm_url="http://[", judge="other", judge_url="http://["))
    assert "written by tiny at , which" in shown
