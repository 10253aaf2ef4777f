"""What a person says is found in the turns of that person."""

from __future__ import annotations

import pytest

from qa import QA, Document

MINUTES = """\
# Minutes of the harbour committee

## Present

* Ann Lee
* Bo Ek
* Tom Hale

## Discussion

* Repair of the crane
  * Ann
    * costs have doubled since spring
    * in favour of a new one
  * Bo, old parts are still sold in Oslo, so a repair is cheaper
  * Tom, what about the insurance?
* Opening of the café
  * Ann, the kitchen is not ready
  * Bo - the licence came on Monday
  * Tom: I fear the noise
"""
INTERVIEW = """\
**Mia Berg:** Welcome to the show. How did you start with bees?

**Ida Roth:** My uncle gave me a hive when I was nine. I kept it behind the barn, and I learned from my mistakes.

**Mia Berg:** I never kept bees. I am afraid of wasps.

**Ida Roth:** Many people are. A wasp only stings when it is trapped.

**Mia Berg:** What is your view of pesticides?

**Ida Roth:** They should be banned in spring.
"""
MAIL = """\
---
From: Ida Roth <ida@example.org>
To: list@example.org
Date: Fri, 3 May 2024
---

# Re: The old pump

Then we should repair it ourselves.

On 3 May 2024, Tom Hale <tom@example.org> wrote:

> The pump leaks, and the firm asks 900 euros for a seal.

# Re: The old pump

From: Mia Berg <mia@example.org>

I have a seal.

On 4 May 2024, Ida Roth <ida@example.org> wrote:

> Then we should repair it ourselves.
>
> On 3 May 2024, Tom Hale <tom@example.org> wrote:
>
>> The pump leaks, and the firm asks 900
>> euros for a seal.
"""


@pytest.fixture(scope="module")
def bot() -> QA:
    bot = QA()
    texts = {"minutes.md": MINUTES, "interview.md": INTERVIEW, "mail.eml": MAIL}
    bot.add([Document(name, text, name.split(".")[0].title(), name) for name, text in texts.items()])
    return bot


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What did Ann say about the crane?", "costs have doubled since spring\nin favour of a new one"),
        ("What did Ann Lee say about the café?", "the kitchen is not ready"),
        ("What does Bo think about the repair?", "old parts are still sold in Oslo, so a repair is cheaper"),
        ("What did Tom ask about the crane?", "what about the insurance?"),
        ("What is Tom's opinion on the café?", "I fear the noise"),
        ("What does Mia think of wasps?", "I never kept bees. I am afraid of wasps."),
        ("What does Ida think of pesticides?", "They should be banned in spring."),
        ("What did Ida write about the pump?", "Then we should repair it ourselves."),
        ("What did Tom write about the pump?", "The pump leaks, and the firm asks 900 euros for a seal."),
    ],
)
def test_a_person_is_quoted(bot: QA, question: str, expected: str) -> None:
    answer = bot.ask(question)

    assert answer.text == expected
    assert all(bot.documents[one.document].text[one.start : one.end] == one.text for one in answer.citations)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who asked about the insurance?", "Tom"),
        ("Who said that old parts are still sold?", "Bo"),
        ("Who said that the kitchen is not ready?", "Ann"),
        ("Who said that pesticides should be banned?", "Ida Roth"),
    ],
)
def test_the_person_who_said_something_is_named(bot: QA, question: str, expected: str) -> None:
    assert bot.ask(question).text == expected


@pytest.mark.parametrize(
    ("question", "wrong"),
    [
        ("What did Tom say about the licence?", "licence"),
        ("What does Mia think about the uncle?", "uncle"),
        ("What did Ann say about the noise?", "noise"),
    ],
)
def test_what_another_person_says_is_no_answer(bot: QA, question: str, wrong: str) -> None:
    assert wrong not in (bot.ask(question).text or "")


def test_a_fact_according_to_a_person_is_short(bot: QA) -> None:
    assert bot.ask("Where are old parts still sold according to Bo?").text == "Oslo"


def test_what_a_person_says_does_not_tell_who_it_is(bot: QA) -> None:
    assert "sting" not in (bot.ask("Who is Ida Roth?").text or "")
