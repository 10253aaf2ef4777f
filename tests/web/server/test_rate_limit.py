"""How often something may be done in a minute, and who counts as one visitor."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import Clock

from qa.errors import RateLimitError
from qa.web.server.rate_limit import RateLimiter, visitor_at


def refused(action: Callable[[str], None], visitor: str) -> RateLimitError:
    with pytest.raises(RateLimitError) as caught:
        action(visitor)
    return caught.value


def test_each_visitor_has_a_limit_per_minute(clock: Clock) -> None:
    quota = RateLimiter("questions", 2, 100, clock)
    quota.take("one")
    clock.now = 50
    quota.take("one")
    error = refused(quota.take, "one")
    message = "Too many questions: the limit is 2 per minute per visitor; try again in 10 s"
    assert (str(error), error.seconds) == (message, 10)
    refused(quota.check, "one")
    quota.take("other")
    # What is refused does not count, and the window moves.
    clock.now = 60
    quota.take("one")
    assert refused(quota.take, "one").seconds == 50


def test_all_visitors_share_a_limit(clock: Clock) -> None:
    quota = RateLimiter("searches", 2, 3, clock)
    for visitor in ("one", "two", "three"):
        quota.take(visitor)
    clock.now = 59.9
    error = refused(quota.take, "four")
    message = "Too many searches: the limit is 3 per minute for all visitors; try again in 1 s"
    assert str(error) == message
    clock.now = 60
    quota.take("four")


def test_visitors_who_left_are_forgotten(clock: Clock) -> None:
    quota = RateLimiter("questions", 5, 100, clock)
    for number in range(100):
        quota.take(f"visitor {number}")
    clock.now = 60
    quota.check("last")
    assert (len(quota._events), len(quota._counts)) == (0, 0)


@pytest.mark.parametrize(
    ("host", "visitor"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_address_is_a_visitor_and_so_is_an_ipv6_network(host: str, visitor: str) -> None:
    assert visitor_at(host) == visitor
