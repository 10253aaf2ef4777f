"""Who is let in: hosts, other sites, logins; and the policy that every reply has."""

from __future__ import annotations

import re

import pytest

from qa.settings import Settings
from qa.web.server.access import AccessControl
from qa.web.server.auth import Login
from qa.web.server.server import host_names

from .test_middleware import BEHIND, OWN, send

NAMES = frozenset({"127.0.0.1", "proxy.example"})
LOCAL = AccessControl(BEHIND, NAMES, None)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "127.0.0.1"}, 200),
        ({"host": "proxy.example:8443"}, 200),
        ({"host": "evil.example"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"host": ""}, 403),
        ({"host": "[::1"}, 403),
        ({"origin": OWN}, 200),
        ({"origin": "https://proxy.example"}, 200),
        ({"origin": "http://127.0.0.1:8000"}, 403),
        ({"origin": "http://localhost:3000"}, 403),
        ({"origin": "https://proxy.example:8443"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
def test_on_this_computer_other_sites_reach_nothing(headers: dict[str, str], status: int) -> None:
    assert send(LOCAL, {"headers": headers})[0].status_code == status


def test_a_public_server_accepts_any_host_and_origin_but_with_a_login_only_its_own() -> None:
    foreign = {"headers": {"host": "chat.example", "origin": "https://evil.example"}}
    assert send(AccessControl(BEHIND, None, None), foreign)[0].status_code == 200
    login = Login(["ann:one"])
    known = {"authorization": login.own_header, "host": "chat.example"}
    closed = AccessControl(BEHIND, None, login)
    sites = {"https://evil.example": 403, "https://chat.example": 200, "https://outside.example": 200}
    for origin, status in sites.items():
        headers = {**known, "origin": origin, "x-forwarded-host": "outside.example"}
        assert send(closed, {"headers": headers})[0].status_code == status


def test_a_server_reached_from_outside_accepts_any_host_name() -> None:
    named = Settings(host_names="Proxy.example, other.example")
    for host in ("127.0.0.1", "localhost", "::1", "127.8.9.1"):
        assert host_names(named, host) == frozenset(
            {"localhost", "127.0.0.1", "::1", host, "proxy.example", "other.example"}
        )
    for host in ("0.0.0.0", "192.0.2.1", "::", "chat.example"):
        assert host_names(named, host) is None


def test_after_too_many_wrong_logins_the_right_one_is_refused_too() -> None:
    login = Login(["ann:one"])
    guard = AccessControl(BEHIND, NAMES, login)
    wrong, right = {"auth": ("ann", "two")}, {"auth": ("ann", "one")}
    replies = send(guard, {}, right, *[wrong] * 11, right)
    assert [reply.status_code for reply in replies] == [401, 200, *[401] * 10, 429, 429]
    assert replies[0].headers["www-authenticate"].startswith("Basic ")
    assert send(guard, right, visitor="192.0.2.2")[0].status_code == 200


def test_wrong_logins_from_forged_addresses_count_together_and_lock_out_no_known_address() -> None:
    guard = AccessControl(BEHIND, NAMES, Login(["ann:one"]))
    wrong, right = {"auth": ("ann", "two")}, {"auth": ("ann", "one")}
    assert send(guard, right, visitor="192.0.2.9")[0].status_code == 200
    statuses = [send(guard, wrong, visitor=f"198.51.100.{number}")[0].status_code for number in range(101)]
    assert statuses == [*[401] * 100, 429]
    assert send(guard, right, visitor="192.0.2.8")[0].status_code == 429
    assert send(guard, wrong, right, visitor="192.0.2.9")[1].status_code == 200


def test_scripts_of_the_page_run_by_a_number_used_once() -> None:
    one, other = send(LOCAL, {"url": "/"}, {"url": "/"})
    policy = one.headers["content-security-policy"]
    (nonce,) = re.findall(r"'nonce-([\w-]+)'", policy)
    assert one.text.count(f'<script nonce="{nonce}"') == 2
    assert one.text.count("<script") == 2
    assert int(one.headers["content-length"]) == len(one.content)
    assert nonce not in other.text
    assert "script-src 'self' 'nonce-" in policy
    assert "'unsafe-inline'" not in policy.split("style-src", maxsplit=1)[0]
    assert "frame-ancestors" not in policy
    closed = send(AccessControl(BEHIND, NAMES, Login(["ann:one"])), {"url": "/", "auth": ("ann", "one")})[0]
    assert closed.headers["content-security-policy"].endswith("frame-ancestors 'self' https://huggingface.co")
