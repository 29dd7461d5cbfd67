"""Multi-label and regression heads, read from and written for transformers: equal outputs."""

import json

import numpy as np
import pytest
import torch
import transformers

from kbert import BertClassifier, KbertError, Predictor
from kbert.interop.hugging_face import read_hugging_face
from kbert.interop.hugging_face_head import head_target
from kbert.interop.sources import find_source
from kbert.interop.write_hugging_face import write_hugging_face
from kbert.models.build_classifier import build_classifier, to_model_data
from kbert.results.evaluation import softmax
from kbert.results.multi_evaluation import sigmoid
from kbert.targets.multi import Multi
from kbert.targets.ordered import Ordered
from kbert.targets.regression import Regression
from kbert.targets.single import Single
from kbert.targets.soft import Soft
from tests.interop.tiny_transformers import write_tiny

pytestmark = pytest.mark.keras

SIZES = {
    **{"vocab_size": 120, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2},
    **{"intermediate_size": 64, "max_position_embeddings": 40},
}
TEXTS = ["piece1 piece2", "piece5", "piece7 piece9 piece11 piece13"]
OUTPUTS = {"softmax": softmax, "sigmoid": sigmoid, "linear": lambda outputs: outputs}


def make(folder, names, **settings):
    """Write a tiny transformers classifier with random weights, and return it."""
    ids = {"id2label": dict(enumerate(names)), "label2id": {n: i for i, n in enumerate(names)}}
    return write_tiny(folder, "BertForSequenceClassification", **SIZES, **ids, **settings)


def logits_of(model, folder):
    """Return transformers' logits."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        return model(**tokenizer(TEXTS, padding=True, return_tensors="pt")).logits.numpy()


HEADS = {
    "several labels": (("a", "b", "c"), "multi_label_classification", Multi()),
    "one label or none": (("a",), "multi_label_classification", Multi()),
    "a number": (("stars",), "regression", Regression()),
    "two numbers": (("stars", "price"), "regression", Regression()),
    "a number that is not called one": (("stars",), None, Regression()),
    "classes that are not called so": (("a", "b"), None, Single()),
}


@pytest.mark.any_backend
@pytest.mark.parametrize("case", HEADS)
def test_reads_heads_of_transformers(case, tmp_path):
    names, problem, target = HEADS[case]
    theirs = make(tmp_path, names, problem_type=problem)
    assert find_source(tmp_path).target() == target
    predictor = Predictor.load(tmp_path)
    assert (predictor.target, predictor.labels) == (target, names)
    expected = OUTPUTS[target.activation](logits_of(theirs, tmp_path))
    np.testing.assert_allclose(predictor.predict_proba(TEXTS), expected, atol=1e-5)
    notes = " ".join(read_hugging_face(tmp_path).notes)
    assert ("Its one output is a number" in notes) == (case == "a number that is not called one")


WRITTEN = {
    "multi": (("a", "b", "c"), Multi(";", thresholds=(0.2, 0.5, 0.75)), Multi),
    "number": (("euros",), Regression(mean=(-3000.0,), scale=(250.0,)), Regression),
    "numbers": (("stars", "euros"), Regression((3.5, 2e4), (0.01, 5e3)), Regression),
    "soft": (("a", "b", "c"), Soft(), Soft),
    "ordered": (("1", "2", "10"), Ordered(), Ordered),
}


@pytest.mark.any_backend
@pytest.mark.parametrize("case", WRITTEN)
def test_writes_heads_for_transformers(case, tiny_model, tmp_path):
    names, target, read_as = WRITTEN[case]
    model = tiny_model(labels=list(names), target=target)
    write_hugging_face(tmp_path, to_model_data(model), 16)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["problem_type"] == target.problem_type
    assert config.get("kbert_target") == (case if case in ("soft", "ordered") else None)
    assert config.get("thresholds") == ([0.2, 0.5, 0.75] if case == "multi" else None)
    theirs = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
    texts = ["A moving story.", "no"]
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    with torch.no_grad():
        logits = theirs(**tokenizer(texts, padding=True, return_tensors="pt")).logits.numpy()
    ours = model.predict_proba(texts)
    tolerance = {"atol": 1e-5} if target.activation != "linear" else {"rtol": 1e-5}
    np.testing.assert_allclose(OUTPUTS[target.activation](logits), ours, **tolerance)
    again = build_classifier(BertClassifier, read_hugging_face(tmp_path))
    assert type(again.target) is read_as
    assert again.labels == model.labels
    np.testing.assert_allclose(again.predict_proba(texts), ours, **tolerance)
    if case == "multi":
        assert again.target.thresholds == target.thresholds


@pytest.mark.any_backend  # nothing is computed
def test_kbert_target_survives_transformers(tiny_model, tmp_path):
    names, target, _ = WRITTEN["ordered"]
    (tmp_path / "a").mkdir()
    write_hugging_face(tmp_path / "a", to_model_data(tiny_model(labels=list(names), target=target)))
    theirs = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / "a")
    theirs.save_pretrained(tmp_path / "b")
    config = json.loads((tmp_path / "b" / "config.json").read_text())
    assert head_target(config, 3, tmp_path) == Ordered()
    # Trained further for another task, with the field left in place.
    several = {**config, "problem_type": "multi_label_classification"}
    assert head_target(several, 3, tmp_path) == Multi()
    for wrong in ("ranks", ["ordered"], None):
        with pytest.raises(KbertError, match="A target must be one of single, multi, "):
            head_target({**config, "kbert_target": wrong}, 3, tmp_path)


@pytest.mark.any_backend  # transformers reads it with torch
@pytest.mark.parametrize("case", ["multi", "number", "numbers"])
def test_a_pipeline_of_transformers_gives_the_same_scores(case, tiny_model, tmp_path):
    names, target, _ = WRITTEN[case]
    model = tiny_model(labels=list(names), target=target)
    write_hugging_face(tmp_path, to_model_data(model), 16)
    pipeline = transformers.pipeline("text-classification", model=str(tmp_path), top_k=None)
    found = {entry["label"]: entry["score"] for entry in pipeline(["A moving story."])[0]}
    expected = dict(zip(names, model.predict_proba(["A moving story."])[0], strict=True))
    assert found == pytest.approx(expected, rel=1e-4)


@pytest.mark.any_backend  # nothing is computed
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"problem_type": "ranking"}, "trained for 'ranking'; kbert supports single_label_class"),
        ({"problem_type": ["regression"]}, r"trained for \['regression'\]"),
        ({"problem_type": "single_label_classification"}, "does not choose between classes"),
        ({"thresholds": [0.5, 0.5]}, r"does not fit its labels: \{'kind': 'multi'"),
        ({"thresholds": "high"}, "does not fit its labels"),
        ({"id2label": {"0": 7}}, "id2label must give at least one class a name"),
    ],
    ids=str,
)
def test_invalid_heads_are_refused(fields, message, tmp_path):
    make(tmp_path, ["a"], problem_type="multi_label_classification")
    file = tmp_path / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))
    with pytest.raises(KbertError, match=message):
        read_hugging_face(tmp_path)
