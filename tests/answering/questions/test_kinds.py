"""What a question asks for: its kind, and the type of a short fact."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa.answering.questions.kinds import Expected, classify
from qa.types import Kind

HELD_OUT = Path(__file__).parents[3] / "data" / "training" / "kinds" / "held-out.jsonl"
LEAST_RIGHT = 0.95


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who designed the bridge?", "factoid"),
        ("when does it open", "factoid"),
        ("how quick do they answer", "factoid"),
        ("Could you tell me if the road is paved?", "yes_no"),
        ("is it true that the tower leans", "yes_no"),
        ("Which two naval vessels laid the cable?", "list"),
        ("List the ships that took part.", "list"),
        ("Which of the two models is heavier?", "factoid"),
        ("Which of the members has a key?", "factoid"),
        ("Which of the members have a key?", "list"),
        ("What changes were made?", "list"),
        ("What do they offer?", "list"),
        ("What does the price of the trip include?", "list"),
        ("What does each box contain?", "list"),
        ("What could a stay include?", "list"),
        ("What are examples of farces?", "list"),
        ("Which road signs in the town are red?", "list"),
        ("What ships laid the cable?", "list"),
        ("Which states border Ohio?", "list"),
        ("Which environment variables configure the press?", "list"),
        ("Which town sports club won the cup?", "factoid"),
        ("What are the parts of a hive?", "list"),
        ("Which accessories are available?", "list"),
        ("Which things of hers are in the museum?", "list"),
        ("What must not be put in the oven?", "list"),
        ("What is not refunded?", "list"),
        ("What do members have to do?", "list"),
        ("What does the tenant have to do?", "list"),
        ("What does the mayor have to say?", "other"),
        ("What am I not allowed to do in the hall?", "list"),
        ("What was removed in 2.4?", "list"),
        ("What is the pump's power?", "factoid"),
        ("What is in the box?", "list"),
        ("What are members obliged to do?", "list"),
        ("What is the chair responsible for?", "list"),
        ("In which fields might Moscow take an interest?", "list"),
        ("how come the lake is salty", "reason"),
        ("What caused the fire?", "reason"),
        ("How do I reset the meter?", "process"),
        ("How is felt made?", "process"),
        ("Please explain how bees dance.", "process"),
        ("In which book did she describe how bees dance?", "factoid"),
        ("What are the steps to replace the filter?", "process"),
        ('What does "lessee" mean?', "definition"),
        ("Who was Hedy Lamarr?", "definition"),
        ("Who was the Iron Lady?", "definition"),
        ("Who is the treasurer?", "factoid"),
        ("Who is on the committee?", "list"),
        ("What happens if keys are lost?", "process"),
        ("What is a drone?", "definition"),
        ("What is a sign that the dough is ready?", "factoid"),
        ("What is the debate about?", "factoid"),
        ("What are they worried about?", "factoid"),
        ("What is in the carton?", "definition"),
        ("What was the author's first complaint?", "factoid"),
        ("Who was Ann Lee visiting?", "factoid"),
        ("Who was Ann Lee's husband?", "factoid"),
        ("Who is the Senator?", "factoid"),
        ("What does it mean to default on a loan?", "definition"),
        ("How is rugby different from football?", "comparison"),
        ("Which is heavier, oak or pine?", "comparison"),
        ("Which month had the most rain?", "table"),
        ("What is the average temperature over the year?", "table"),
        ("What happened after the flood?", "other"),
        ("", "other"),
    ],
)
def test_each_kind_is_told_by_the_wording(question: str, kind: Kind) -> None:
    assert classify(question).kind == kind


@pytest.mark.parametrize(
    "question",
    ["Who bought the jets?", "What does a drone do?", "What do bees carry home?", "When did the two ships meet?",
     "Which glass is thickest?", "Which firm runs the mill?", "What costs a lot of money?", "What stops turning?",
     "Which bus goes to the station?", "Which bus goes to Low Fell?", "What museum opens on Mondays?",
     "What can be the reason for the delay?", "What is not a bee?", "What OS do they have?"],
)  # fmt: skip
def test_one_thing_is_no_list(question: str) -> None:
    assert classify(question).kind != "list"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who designed the bridge?", "person"),
        ("Which engineer proposed the tunnel?", "person"),
        ("In which city did the strike begin?", "place"),
        ("what time does the gate open", "date"),
        ("How many people live on the island?", "number"),
        ("How much does the ticket cost?", "money"),
        ("How long did the siege last?", "duration"),
        ("What colour is the light?", "phrase"),
    ],
)
def test_the_type_of_a_fact_is_told(question: str, expected: Expected) -> None:
    assert classify(question).expected == expected


def test_questions_that_no_rule_was_written_for_are_told_apart() -> None:
    labelled = [json.loads(line) for line in HELD_OUT.read_text(encoding="utf-8").splitlines()]
    questions = [one for one in labelled if one["kind"] not in {"about", "summary"}]
    right = sum(classify(one["question"]).kind == one["kind"] for one in questions)
    assert right / len(questions) >= LEAST_RIGHT
