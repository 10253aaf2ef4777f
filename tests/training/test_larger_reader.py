"""The larger reader, on a tiny model of the same kind: what is saved scores as what was trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from qa.models.exported import bundled_tokenizer
from qa.models.span_model import HubSpanModel
from qa.settings import Settings
from qa.training.examples import Example
from qa.training.larger_reader import LargerSpanModel
from qa.training.reader import MAX_TOKENS, Recipe, train

pytestmark = pytest.mark.slow

QUESTION, TEXT = "Who founded the mill?", "The mill was founded by Ann Lee in 1871."
ANSWER = Example(QUESTION, TEXT, TEXT.index("Ann"), TEXT.index(" in 1871"))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in the form of all-mpnet-base-v2, with random weights and few layers."""
    from transformers import MPNetConfig, MPNetModel, MPNetTokenizer

    pieces = sorted(bundled_tokenizer(MAX_TOKENS).get_vocab().items(), key=lambda item: item[1])
    words = ["<s>", "<pad>", "</s>", "<unk>", *(piece for piece, _ in pieces), "<mask>"]
    folder = tmp_path_factory.mktemp("original")
    torch.manual_seed(1)
    config = MPNetConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
    )
    MPNetModel(config, add_pooling_layer=False).save_pretrained(folder)
    vocabulary = {word: number for number, word in enumerate(words)}
    MPNetTokenizer(vocab=vocabulary, model_max_length=64).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def trained(original: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[LargerSpanModel, Path]:
    """A model that learned one example, and the folder where it was saved."""
    folder = tmp_path_factory.mktemp("larger")
    recipe = Recipe(epochs=30, batch_size=1, warmup_steps=1, learning_rate=1e-2, masked=0, masked_shared=0)
    model = train([ANSWER], recipe, folder / "state.pt", LargerSpanModel(original))
    assert isinstance(model, LargerSpanModel)
    model.save(original, folder)
    return model, folder


def test_what_is_saved_scores_as_what_was_trained(trained: tuple[LargerSpanModel, Path]) -> None:
    model, folder = trained
    encoded = bundled_tokenizer(MAX_TOKENS).encode(QUESTION, TEXT)
    ids, types, mask = (torch.tensor([each]) for each in (encoded.ids, encoded.type_ids, encoded.attention_mask))
    with torch.inference_mode():
        expected = model(ids, types, mask)[0].numpy()
    inside = [number for number, sequence in enumerate(encoded.sequence_ids) if sequence == 1]
    (found,) = HubSpanModel(Settings(reader_model=str(folder))).score([(QUESTION, TEXT)])
    assert found.offsets.tolist() == [list(encoded.offsets[number]) for number in inside]
    np.testing.assert_allclose(found.scores, expected[inside], atol=1e-4)
    assert found.no_answer == pytest.approx(float(expected[0].sum()), abs=1e-4)


def test_it_learns_its_example(trained: tuple[LargerSpanModel, Path]) -> None:
    (found,) = HubSpanModel(Settings(reader_model=str(trained[1]))).score([(QUESTION, TEXT)])
    first, last = found.scores.argmax(axis=0)
    assert TEXT[found.offsets[first][0] : found.offsets[last][1]] == "Ann Lee"


def test_padding_changes_no_score(trained: tuple[LargerSpanModel, Path]) -> None:
    model, _ = trained
    encoded = bundled_tokenizer(MAX_TOKENS).encode(QUESTION, TEXT)
    length = len(encoded.ids)
    plain, padded = (torch.zeros((1, length + extra), dtype=torch.int64) for extra in (0, 5))
    mask = padded.clone()
    mask[0, :length] = 1
    plain[0] = padded[0, :length] = torch.tensor(encoded.ids)
    with torch.inference_mode():
        torch.testing.assert_close(
            model(padded, padded, mask)[:, :length], model(plain, plain, torch.ones_like(plain)), atol=1e-4, rtol=1e-4
        )
