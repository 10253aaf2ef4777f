from __future__ import annotations

import pytest

from qa.text.topic import Topic, clause, topic


@pytest.mark.parametrize(
    ("question", "text", "plural"),
    [
        ("When was the first transatlantic cable completed?", "the first transatlantic cable", False),
        ("When did the first expedition set out?", "the first expedition", False),
        ("How long does a summer worker live?", "a summer worker", False),
        ("How long was Queen Victoria's message?", "Queen Victoria's message", False),
        ("What colour is the old town's wall?", "the old town's wall", False),
        ("Where did the cable of 1866 come ashore?", "the cable of 1866", False),
        ("What is the worst enemy of honeybees?", "the worst enemy of honeybees", False),
        ("Who promoted the Atlantic cable?", "the Atlantic cable", False),
        ("Who worked out the waggle dance?", "the waggle dance", False),
        ("Who laid the Atlantic\r\ncable?", "the Atlantic cable", False),
        ("Is the bridge open?", "the bridge", False),
        ("How many questions does the theory test have?", "the theory test", False),
        ("When did Russia annex Crimea?", "Russia", False),
        ("Why are the cells six-sided?", "the cells", True),
        ("What do China and Russia develop together?", "China and Russia", True),
        ("When did Chinese and Soviet forces clash?", "Chinese and Soviet forces", True),
        ("Which virus do the mites spread?", "the mites", True),
        ("What do drones develop from?", "drones", True),
        ("How heavy is the Otter 3?", "the Otter 3", False),
        ("When is the summer show?", "the summer show", False),
        ("When is the rent due?", "the rent", False),
        ("How long is the waiting period?", "the waiting period", False),
        ("How was zinc measured?", "zinc", False),
        ("What does a red light mean?", "a red light", False),
        ("How many men dug the channel?", "the channel", False),
        ("What is the fan nozzle for?", "the fan nozzle", False),
        ("What does the marsh otterling eat?", "the marsh otterling", False),
        ("Where was the film shot?", "the film", False),
        ("What is the waggle run?", "the waggle run", False),
    ],
)
def test_what_a_question_is_about(question: str, text: str, plural: bool) -> None:
    assert topic(question) == Topic(text, plural)


@pytest.mark.parametrize("question", ["Why?", "", "What was used first?", "Where does he work?", "the", "Is the?"])
def test_what_cannot_be_told_is_none(question: str) -> None:
    assert topic(question) is None


@pytest.mark.parametrize(
    ("question", "becomes"),
    {
        "What do drones develop from?": "what drones develop from",
        "What does the angle of the dance show?": "what the angle of the dance shows",
        "When did Russia annex Crimea?": "when Russia annexed Crimea",
        "How long did the wire hum?": "how long the wire hummed",
        "Why are the cells six-sided?": "why the cells are six-sided",
        "Who is Yu Bin?": "who Yu Bin is",
        "What has the queen done?": "what the queen has done",
        "Is the bridge open?": "that the bridge is open",
    }.items(),
)
def test_a_question_as_a_clause(question: str, becomes: str) -> None:
    assert clause(question) == becomes


@pytest.mark.parametrize("question", ["Why?", "", "What happened in 1858?", "Where does he work?", "What did Russia?"])
def test_what_is_no_clause(question: str) -> None:
    assert clause(question) is None
