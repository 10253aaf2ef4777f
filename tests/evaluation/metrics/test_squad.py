"""SQuAD's measures, against values computed by hand, an independent library, and what must hold for any input."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation import contains_answer, exact_match, normalize_answer, token_f1

ODD_WORDS = ["the", "a", "An", "red", "Red!", "24", "24,", "U.S.", "us", "—", "Größe", "grösse", "中国", "\u00a0", "'s"]

words = st.lists(st.sampled_from(["the", "a", "red", "Red!", "blue", "24", "U.S.", "—"]), max_size=6).map(" ".join)
texts = st.one_of(words, st.text(max_size=30))


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The  U.S.-led\tAN apple", "usled apple"),
        ("Theatre, anthem, Ana", "theatre anthem ana"),
        ("a.n", ""),
        ("Su-27s", "su27s"),
        ("“24” jets", "“24” jets"),
        ("  the ", ""),
    ],
    ids=[
        "case-punctuation-articles-space",
        "articles-are-whole-words",
        "article-made-by-punctuation",
        "hyphen",
        "only-ASCII-punctuation",
        "nothing-left",
    ],
)
def test_normal_form(text: str, normal: str) -> None:
    assert normalize_answer(text) == normal


@pytest.mark.parametrize(
    ("predicted", "answers", "exact", "f1"),
    [
        pytest.param("the Eiffel Tower!", ["Eiffel Tower"], 1, 1, id="same-in-normal-form"),
        pytest.param("Denver Broncos won", ["Denver Broncos"], 0, 0.8, id="P=2/3,R=1"),
        pytest.param("Denver", ["Denver Broncos"], 0, 2 / 3, id="P=1,R=1/2"),
        pytest.param("Denver Broncos won", ["Panthers", "Denver Broncos", "Broncos"], 0, 0.8, id="best-of-three"),
        pytest.param("Broncos", ["Denver Broncos", "The Broncos"], 1, 1, id="second-answer"),
        pytest.param("red red blue", ["red blue blue"], 0, 2 / 3, id="words-counted-as-often-as-shared"),
        pytest.param("China", ["Russia"], 0, 0, id="nothing-shared"),
        pytest.param("", [], 1, 1, id="no-answer-both"),
        pytest.param("the", [], 1, 1, id="no-answer-in-normal-form"),
        pytest.param("China", [], 0, 0, id="no-answer-but-predicted"),
        pytest.param("", ["China"], 0, 0, id="answer-but-none-predicted"),
        pytest.param("", ["The", "China"], 0, 0, id="answers-empty-in-normal-form-are-dropped"),
    ],
)
def test_squad_values(predicted: str, answers: list[str], exact: float, f1: float) -> None:
    assert exact_match(predicted, answers) == exact
    assert token_f1(predicted, answers) == pytest.approx(f1)


@pytest.fixture
def double_precision() -> Iterator[None]:
    import torch

    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.slow
@pytest.mark.usefixtures("double_precision")
def test_values_agree_with_torchmetrics() -> None:
    from torchmetrics.functional.text import squad

    chosen = random.Random(0)
    compared: Counter[float] = Counter()
    for _ in range(600):
        predicted, *answers = (" ".join(chosen.choices(ODD_WORDS, k=chosen.randint(0, 5))) for _ in range(4))
        # It supports only SQuAD 1.1, where every accepted answer has words.
        accepted = [answer for answer in answers[: chosen.randint(1, 3)] if normalize_answer(answer)] or [""]
        target: Any = {"answers": {"answer_start": [0] * len(accepted), "text": accepted}, "id": "q"}
        reference = squad([{"prediction_text": predicted, "id": "q"}], [target])
        assert exact_match(predicted, accepted) == pytest.approx(float(reference["exact_match"]) / 100, abs=1e-9)
        assert token_f1(predicted, accepted) == pytest.approx(float(reference["f1"]) / 100, abs=1e-9)
        compared[token_f1(predicted, accepted)] += 1
    assert min(compared[0], compared[1], compared.total() - compared[0] - compared[1]) > 20, "too few of a kind"


@given(texts, st.lists(texts, max_size=3))
def test_values_stay_within_bounds(predicted: str, answers: list[str]) -> None:
    exact, f1 = exact_match(predicted, answers), token_f1(predicted, answers)
    assert exact in {0.0, 1.0}
    assert exact <= f1 <= 1
    assert f1 >= 0


@given(texts, texts)
def test_f1_of_one_answer_is_symmetric(one: str, other: str) -> None:
    assert token_f1(one, [other]) == token_f1(other, [one])
    assert token_f1(one, [one]) == 1


@given(texts, st.lists(texts, min_size=1, max_size=3), texts)
def test_more_accepted_answers_never_lower_the_score(predicted: str, answers: list[str], more: str) -> None:
    # An answer without words means "no answer" unless one with words is accepted.
    if any(normalize_answer(answer) for answer in answers):
        assert token_f1(predicted, [*answers, more]) >= token_f1(predicted, answers)


@pytest.mark.parametrize(
    ("text", "answers", "held"),
    [
        pytest.param("China bought 24 jets.", ["24 jets"], True, id="words"),
        pytest.param("CHINA bought the 24, jets", ["China", "x"], True, id="normal-form"),
        pytest.param("They bought 124 jets", ["24"], False, id="part-of-a-number"),
        pytest.param("It cost 1.5 billion", ["5 billion"], False, id="part-of-a-decimal"),
        pytest.param("Chinatown", ["China"], False, id="part-of-a-word"),
        pytest.param("said “China” again", ["China"], True, id="in-curly-quotes"),
        pytest.param("China", [], False, id="no-answers"),
        pytest.param("China", ["the"], False, id="no-words"),
        pytest.param("", ["China"], False, id="no-text"),
        pytest.param("24 (jets)", ["(24"], True, id="punctuation-is-no-pattern"),
    ],
)
def test_containing_an_answer(text: str, answers: list[str], held: bool) -> None:
    assert contains_answer(text, answers) is held


@given(words, words, words)
def test_an_answer_between_other_words_is_contained(before: str, answer: str, after: str) -> None:
    if normalize_answer(answer):
        assert contains_answer(f"{before} {answer} {after}", [answer])
