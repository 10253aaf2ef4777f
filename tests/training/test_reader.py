"""The training code, on a small set made of the sample articles: it learns some examples, and repeats itself."""

from __future__ import annotations

import json
import shutil
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import onnx
import pytest
import torch

from qa.answering.reading.reader import SpanReader
from qa.errors import ModelError
from qa.models.span_model import MODEL_FILE, BundledSpanModel
from qa.training.examples import MAX_WINDOW_CHARACTERS, Example, make_examples
from qa.training.reader import Recipe, SpanModel, export, restore, train
from qa.types import Passage, SentenceMatch

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
FEW = 8
ONE_PASS = Recipe(epochs=1, batch_size=8, warmup_steps=1)


@pytest.fixture(scope="module")
def squad_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample questions as a SQuAD file: each evidence's paragraph is a context."""
    articles = []
    for file in sorted((DATA / "questions").glob("*.jsonl")):
        text = (DATA / "articles" / f"{file.stem}.md").read_text(encoding="utf-8")
        paragraphs = []
        for line in file.read_text(encoding="utf-8").splitlines():
            question = json.loads(line)
            if question["answerable"]:
                start = text.rfind("\n", 0, question["evidence"][0][0]) + 1
                context = text[start : text.find("\n", question["evidence"][0][1])]
                answers = [
                    {"text": answer, "answer_start": context.index(answer)}
                    for answer in question["answers"]
                    if answer in context
                ]
                paragraphs.append({"context": context, "qas": [{"question": question["question"], "answers": answers}]})
        articles.append({"title": file.stem, "paragraphs": paragraphs})
    path = tmp_path_factory.mktemp("squad") / "samples.json"
    path.write_text(json.dumps({"data": articles}), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def examples(squad_file: Path) -> list[Example]:
    return make_examples([squad_file], seed=3)


def untrained() -> SpanModel:
    torch.manual_seed(1)
    return SpanModel()


def short(example: Example) -> Example:
    """Cut the text to the surroundings of the answer, so that a training step is fast."""
    if example.start < 0:
        return example._replace(text=example.text[:120])
    first = max(0, example.start - 60)
    text = example.text[first : example.end + 60]
    return example._replace(text=text, start=example.start - first, end=example.end - first)


def test_examples_contain_their_answers_and_the_others_none(examples: list[Example], squad_file: Path) -> None:
    accepted = {
        question["qas"][0]["question"]: [answer["text"] for answer in question["qas"][0]["answers"]]
        for article in json.loads(squad_file.read_text(encoding="utf-8"))["data"]
        for question in article["paragraphs"]
    }
    answered = [example for example in examples if example.start >= 0]
    declined = [example for example in examples if example.start < 0]
    assert len(answered) >= 90
    assert len(declined) >= 30
    assert all(len(example.text) <= MAX_WINDOW_CHARACTERS for example in examples)
    assert all(example.text[example.start : example.end] in accepted[example.question] for example in answered)
    # A question with a name exchanged is none of the set, and may be asked of the text that answers the real one.
    real = [example for example in declined if example.question in accepted]
    assert len(real) >= 30
    assert not any(answer in example.text for example in real for answer in accepted[example.question])


def test_the_same_seed_gives_the_same_examples(squad_file: Path, examples: list[Example]) -> None:
    assert make_examples([squad_file], seed=3) == examples
    assert make_examples([squad_file], seed=4) != examples


@pytest.fixture(scope="module")
def trained(examples: list[Example], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the checkpoint after one pass over sixteen examples."""
    checkpoint = tmp_path_factory.mktemp("trained") / "state.pt"
    train([short(example) for example in examples[:16]], ONE_PASS, checkpoint, untrained())
    return checkpoint


def test_the_same_seed_gives_the_same_weights(examples: list[Example], trained: Path, tmp_path: Path) -> None:
    train([short(example) for example in examples[:16]], ONE_PASS, tmp_path / "state.pt", untrained())
    one, other = (torch.load(path, weights_only=True)["model"] for path in (trained, tmp_path / "state.pt"))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_it_learns_a_few_examples_and_the_export_answers_like_it(examples: list[Example], tmp_path: Path) -> None:
    few = [short(example) for example in examples if example.start >= 0][:FEW]
    recipe = Recipe(epochs=12, batch_size=8, warmup_steps=6, learning_rate=5e-4)
    model = train(few, recipe, tmp_path / "checkpoint.pt", restore(MODEL_FILE))
    export(model, tmp_path / "reader.onnx")
    reader = SpanReader(BundledSpanModel(model_file=tmp_path / "reader.onnx"))
    found = [best_text(reader, example) for example in few]
    learned = [found[n] == example.text[example.start : example.end] for n, example in enumerate(few)]
    assert sum(learned) >= 0.8 * FEW


def test_training_resumes_from_its_checkpoint(examples: list[Example], trained: Path, tmp_path: Path) -> None:
    before = torch.load(trained, weights_only=True)
    checkpoint = Path(shutil.copy(trained, tmp_path))
    few = [short(example) for example in examples[:16]]
    train(few, Recipe(epochs=2, batch_size=8, warmup_steps=1), checkpoint, untrained())
    after = torch.load(checkpoint, weights_only=True)
    assert (len(before["losses"]), len(after["losses"])) == (2, 4)
    assert not torch.equal(before["model"]["head.weight"], after["model"]["head.weight"])


def test_an_exported_reader_can_be_trained_further(tmp_path: Path) -> None:
    model = SpanModel()
    for parameter in model.parameters():
        # Equal ones, as zeros, become one in the file.
        torch.nn.init.normal_(parameter, std=0.02)
    export(model, tmp_path / "reader.onnx")
    restored = restore(tmp_path / "reader.onnx").state_dict()
    for name, weight in model.state_dict().items():
        # Eight bits keep a weight to within a hundredth of its row's greatest.
        assert (restored[name] - weight).abs().max() <= weight.abs().max() / 100, name


def test_other_files_than_exported_readers_are_refused(tmp_path: Path) -> None:
    value = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    other = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "other", [value], [value])
    onnx.save(onnx.helper.make_model(other), tmp_path / "other.onnx")
    with pytest.raises(ModelError, match=r"other\.onnx: is not an exported reader"):
        restore(tmp_path / "other.onnx")
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ModelError, match=r"text\.onnx: this model could not be read"):
        restore(tmp_path / "text.onnx")


def test_an_untrained_model_has_the_shapes_of_the_contract() -> None:
    ids = torch.ones((3, 7), dtype=torch.int64)
    assert SpanModel()(ids, ids, ids).shape == (3, 7, 2)


def test_the_wheel_has_every_package_but_the_training_code() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = {".".join(file.parent.relative_to(ROOT).parts) for file in (ROOT / "qa").rglob("__init__.py")}
    assert "qa.training" in found
    find = project["tool"]["setuptools"]["packages"]["find"]
    shipped = {
        name
        for name in found
        if any(fnmatch(name, pattern) for pattern in find["include"])
        and not any(fnmatch(name, pattern) for pattern in find["exclude"])
    }
    assert shipped == found - {"qa.training"}


def best_text(reader: SpanReader, example: Example) -> str:
    whole = SentenceMatch(0, len(example.text), 0, 0.0, 0.0)
    passage = Passage("x", 0, len(example.text), example.text, None, 0.0, 0.0, 0.0, (whole,))
    span = reader.read(example.question, [passage])[0]
    return example.text[span.start : span.end]
