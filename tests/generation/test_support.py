"""Sentences held to excerpts, by the models that ship with the package."""

from __future__ import annotations

import pytest

from qa.generation.support import SupportScorer
from qa.generation.support_model import WEAKLY_SUPPORTED, SupportFeatures, support_coefficients, support_of
from qa.models.embedder import make_embedder
from qa.models.span_model import make_span_model
from qa.settings import Settings

pytestmark = pytest.mark.slow

QUESTION = "Who designed the bridge?"
DESIGNED = "The bridge was designed by Mary Lane and opened in 1858, two years after John Hart had drawn the harbour."
COST = "It cost 40,000 pounds and did not need repair until 1901."
CLOSED = (
    "The council did not close the harbour during the war, although half of its 60 ships were sold to Chinese traders."
)
BOTH = f"{DESIGNED} {COST}"


@pytest.fixture(scope="module")
def scorer() -> SupportScorer:
    settings = Settings()
    return SupportScorer(make_embedder(settings), make_span_model(settings))


@pytest.mark.parametrize(
    ("question", "claim", "excerpt"),
    [
        (QUESTION, "Mary Lane designed the bridge.", DESIGNED),
        ("When did it open?", "The bridge opened in 1858.", DESIGNED),
        (QUESTION, "According to the article, the bridge was designed by Mary Lane.", DESIGNED),
        ("What did it cost?", "It cost forty thousand pounds.", COST),
        ("What did it cost?", "The bridge cost 40,000 pounds.", BOTH),
        ("Was the harbour closed?", "The harbour was not closed during the war.", CLOSED),
    ],
    ids=["turned", "verbatim", "framed", "number-in-words", "two-sentences", "negation"],
)
def test_a_true_sentence_is_supported(question: str, claim: str, excerpt: str, scorer: SupportScorer) -> None:
    assert support_of(scorer.score(question, claim, [excerpt])[0]) == "supported"


def test_a_name_may_stand_as_an_adjective(scorer: SupportScorer) -> None:
    claim, changed = (f"Traders from {name} bought half of the 60 ships." for name in ("China", "Japan"))
    true, false = (scorer.score("Who bought the ships?", one, [CLOSED])[0] for one in (claim, changed))
    assert support_of(true) != "unsupported"
    assert support_of(false) == "unsupported"


@pytest.mark.parametrize(
    ("claim", "excerpt"),
    [
        ("The bridge opened in 1862.", DESIGNED),
        ("It cost 45,000 pounds.", COST),
        ("The bridge opened in 1901.", BOTH),
        ("Peter Smith designed the bridge.", DESIGNED),
        ("John Hart designed the bridge.", DESIGNED),
        ("Mary Lane did not design the bridge.", DESIGNED),
        ("The council closed the harbour during the war.", CLOSED),
        ("The bridge was painted green.", BOTH),
    ],
    ids=[
        "number",
        "number-with-comma",
        "number-of-another-thing",
        "name",
        "name-of-the-same-excerpt",
        "negation-put-in",
        "negation-taken-out",
        "not-said",
    ],
)
def test_a_changed_sentence_is_not_supported(claim: str, excerpt: str, scorer: SupportScorer) -> None:
    assert support_of(scorer.score(QUESTION, claim, [excerpt])[0]) != "supported"


def test_a_name_may_stand_in_the_context_alone(scorer: SupportScorer) -> None:
    claim, excerpt = "Lanesborough Bridge cost 40,000 pounds.", "The bridge cost 40,000 pounds."
    without, named = (
        scorer.score("What did it cost?", claim, [excerpt], text)[0] for text in ("", "Lanesborough Bridge")
    )
    assert support_of(named) == "supported"
    assert without < named
    # A question names what it likes: that is no evidence, but no contradiction either.
    asked = scorer.score("What did Lanesborough Bridge cost?", claim, [excerpt])[0]
    assert without < asked <= named


def test_an_excerpt_of_something_else_does_not_support(scorer: SupportScorer) -> None:
    about, other = scorer.score(QUESTION, "The bridge was designed by Mary Lane.", [DESIGNED, COST])
    assert support_of(about) == "supported"
    assert support_of(other) == "unsupported"


@pytest.mark.parametrize("claim", ["", "...", "It is so."], ids=["empty", "marks", "no-subject"])
def test_a_sentence_that_says_nothing_is_not_supported(claim: str, scorer: SupportScorer) -> None:
    assert support_of(scorer.score(QUESTION, claim, [DESIGNED])[0]) == "unsupported"


@pytest.mark.parametrize("excerpt", ["", "\u2026", "1858"], ids=["empty", "marks", "number"])
def test_an_excerpt_that_says_nothing_supports_nothing(excerpt: str, scorer: SupportScorer) -> None:
    assert support_of(scorer.score(QUESTION, "Mary Lane designed the bridge.", [excerpt])[0]) == "unsupported"


def test_no_excerpts_have_no_scores(scorer: SupportScorer) -> None:
    assert scorer.score(QUESTION, "Mary Lane designed the bridge.", []) == []


def test_a_very_long_sentence_is_scored(scorer: SupportScorer) -> None:
    claim = f"{'The bridge was long and wide and ' * 200}it opened in 1858 by Mary Lane."
    (score,) = scorer.score(QUESTION, claim, [DESIGNED])
    assert 0 <= score <= 1


def test_excerpts_are_scored_alike_alone_and_together(scorer: SupportScorer) -> None:
    claim, excerpts = "John Hart designed the bridge.", [DESIGNED, COST, CLOSED, BOTH]
    together = scorer.score(QUESTION, claim, excerpts)
    assert together == pytest.approx([scorer.score(QUESTION, claim, [one])[0] for one in excerpts])


def test_what_is_not_read_stays_unsupported(scorer: SupportScorer) -> None:
    claim, excerpts = "The bridge opened in 1858.", [DESIGNED, COST, CLOSED]
    every = scorer.features(QUESTION, claim, excerpts)
    few = scorer.features(QUESTION, claim, excerpts, least=WEAKLY_SUPPORTED)
    assert every.shape == few.shape == (3, len(SupportFeatures._fields))
    assert (every[0] == few[0]).all()
    # The reader was not asked about the others, and what stands for its word does not lift them.
    assert (few[1:, -3:] == few[1, -3:]).all()
    assert (scorer.score(QUESTION, claim, excerpts)[1] < WEAKLY_SUPPORTED) is True


def test_what_contradicts_never_helps() -> None:
    weights = support_coefficients().weights
    assert max(weights[3:8]) <= 0 <= min(*weights[:3], *weights[8:])


REASONS = "The bridge was closed, since its piers had sunk, and because the tolls no longer paid the keeper."


def measured(scorer: SupportScorer, claim: str, excerpt: str, measure: str) -> float:
    [row] = scorer.features(QUESTION, claim, [excerpt])
    return float(getattr(SupportFeatures(*row), measure))


def test_what_a_model_counts_itself_is_no_number_to_look_for(scorer: SupportScorer) -> None:
    lacking = "missing_numbers"
    assert measured(scorer, "The bridge was closed for two reasons.", REASONS, lacking) == 0
    assert measured(scorer, "Three things closed the bridge.", REASONS, lacking) == 0
    assert measured(scorer, "Three things closed the bridge.", REASONS, "missing_names") == 0
    assert measured(scorer, "The bridge was closed for two years.", REASONS, lacking) == 1
    # Where the excerpt counts too, the two must agree.
    assert measured(scorer, "It was closed for two reasons.", f"There were three reasons. {REASONS}", lacking) == 1


def test_a_denial_in_other_words_is_told(scorer: SupportScorer) -> None:
    denies = "unmatched_negation"
    claim = "The keeper does not expect to open the bridge for ships this year."
    assert measured(scorer, claim, "The keeper did not anticipate opening the bridge for ships.", denies) == 0
    assert measured(scorer, claim, "The keeper expected to open the bridge for ships this year.", denies) == 1


@pytest.mark.parametrize(
    ("claim", "supports"),
    [
        ("China bought Su-35 fighter jets  and the S-400 system", True),
        ("China bought Su-35 fig\u00adhter jets and the S-400 system.\x7f", True),
        ("The article says that China bought Su-35 fighter jets and the S-400 system.", True),
        ("China bought Su-34 fighter jets and the S-400 system.", False),
        ("Nobody says that China bought Su-35 fighter jets and the S-400 system.", False),
    ],
    ids=["the same", "control characters", "framed", "another number", "denied"],
)
def test_what_the_excerpt_says_word_for_word_is_supported(claim: str, supports: bool, scorer: SupportScorer) -> None:
    excerpt = "China bought Su-35 fighter jets and the S-400 system."
    [score] = scorer.score("Which fighter jets did China buy?", claim, [excerpt])
    assert (score == 1.0) == supports
