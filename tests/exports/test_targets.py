"""Models of every target but one class, exported for other programs."""

import re

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score

from kbert import BertClassifier, Examples, KbertError, Labels, Predictor
from kbert.exports.compare import compare
from kbert.exports.export import export
from kbert.interop.sources import find_source
from kbert.targets.multi import Multi
from kbert.targets.ordered import Ordered
from kbert.targets.regression import Regression
from kbert.targets.soft import Soft

# Exports are arrays, or programs that another process writes on the backend that can.
pytestmark = [pytest.mark.keras, pytest.mark.any_backend]

TARGETS = {
    "multi": (("rude", "loud", "good"), Multi(";", thresholds=(0.3, 0.5, 0.62))),
    "number": (("euros",), Regression(mean=(3000.0,), scale=(250.0,))),
    "numbers": (("euros", "share"), Regression(mean=(3000.0, 0.2), scale=(250.0, 0.01))),
    "soft": (("no", "maybe", "yes"), Soft()),
    "ordered": (("1", "2", "10"), Ordered()),
}
TEXTS = ["A moving story.", "no", "The plot makes no sense at all, and I wanted my money back!"]


@pytest.fixture(scope="module")
def saved(tiny_model, tmp_path_factory):
    """A function that returns the folder of a model for a target, and the model."""
    made = {}

    def save(case):
        if case not in made:
            names, target = TARGETS[case]
            new = tiny_model(labels=list(names), max_length=24, target=target)
            model = BertClassifier.from_config({**new.get_config(), "gelu": "tanh"})
            random = np.random.default_rng(0)
            for variable in model.weights:
                variable.assign(variable + random.normal(0, 0.2, variable.shape))
            made[case] = tmp_path_factory.mktemp("model") / case, model
            model.save_to(made[case][0])
        return made[case]

    return save


def labelled(case):
    """Labelled rows for a target, to compare on."""
    names, target = TARGETS[case]
    rows = np.random.default_rng(1).uniform(size=(len(TEXTS), len(names)))
    y = {
        "multi": (rows > 0.5).astype(np.uint8),
        "soft": (rows / rows.sum(axis=1, keepdims=True)).astype(np.float32),
    }.get(target.kind, rows.astype(np.float32))
    if target.takes_names:
        return Examples(list(TEXTS), label_ids=[0, 2, 1], labels=Labels(names), target=target)
    return Examples(list(TEXTS), targets=y, labels=Labels(names), target=target)


WEIGHTS = {"huggingface": "hf", "keras": "model.keras", "keras-hub": "task", "google": "tf1"}
REFUSED = {
    ("google", "multi"): "predicts one class per text, but this model was trained with the target",
    ("google", "number"): "predicts one class per text, but this model was trained with the target",
    ("google", "numbers"): "one class per text, but this model was trained with the target regr",
    ("keras-hub", "numbers"): "cannot tell several numbers from the scores of classes, and this",
}
# These formats have only one kind of classes.
READ_AS = {(f, case): "single" for f in ("google", "keras-hub") for case in ("soft", "ordered")}


@pytest.mark.usefixtures("forked_exports")
@pytest.mark.parametrize("case", TARGETS)
@pytest.mark.parametrize("format", WEIGHTS)
def test_weights_are_reopened_and_read_again(format, case, saved, tmp_path):
    folder, model = saved(case)
    path = tmp_path / WEIGHTS[format]
    if (format, case) in REFUSED:
        with pytest.raises(KbertError, match=REFUSED[format, case]):
            export(folder, path, format=format, verbose=0)
        assert not path.exists()
        return
    seen = export(folder, path, format=format, dev=labelled(case), verbose=0)
    assert seen.texts == seen.agreeing == len(TEXTS) + 7
    names, target = TARGETS[case]
    kind = READ_AS.get((format, case), target.kind)
    assert find_source(path).target().kind == kind
    again = Predictor.load(path)
    assert again.labels == names
    ours = model.predict_proba(TEXTS)
    found = target.differences(ours, again.predict_proba(TEXTS))
    assert found.max() < 1e-5
    if format in ("keras", "huggingface") and case == "multi":
        assert again.target.thresholds == target.thresholds
    if format == "keras-hub":
        code = "keras.ops.softmax(" in (path / "README.md").read_text(encoding="utf-8")
        assert code == (case in ("soft", "ordered"))


@pytest.mark.usefixtures("forked_exports")
@pytest.mark.parametrize(
    ("format", "case"),
    [
        # ONNX is converted from torch's program, OpenVINO and LiteRT from TensorFlow's.
        *(("onnx", "multi"), ("onnx", "number"), ("openvino", "numbers"), ("litert", "multi")),
        *(("onnx", "ordered"), ("openvino", "ordered")),
    ],
)
def test_programs_compute_the_same(format, case, saved, tmp_path):
    folder, model = saved(case)
    path = tmp_path / "program"
    length = 16 if format == "onnx" else None
    seen = export(folder, path, format=format, length=length, dev=labelled(case), verbose=0)
    assert seen.texts == seen.agreeing == len(TEXTS) + 7
    _, target = TARGETS[case]
    readme = (path / "README.md").read_text(encoding="utf-8")
    if case == "multi":
        assert "0. rude (0.300000)\n1. loud (0.500000)\n" in readme
    assert ("A BERT that predicts numbers" in readme) == (target.kind == "regression")
    source = find_source(path)
    assert source.target() == target
    if format in ("onnx", "openvino", "litert"):
        predictor = Predictor.load(path)
        shorter = TEXTS[:2]  # which `length` does not cut
        found = target.differences(model.predict_proba(shorter), predictor.predict_proba(shorter))
        assert found.max() < 1e-5
        ours, theirs = model.predict_texts(shorter), predictor.predict(shorter)
        assert [type(one) for one in ours] == [type(one) for one in theirs]
        if case == "multi":
            assert [one.labels for one in ours] == [one.labels for one in theirs]


def usual_score(case, outputs):
    """The usual score of the target, computed by scikit-learn and SciPy."""
    true = labelled(case).y
    if case == "multi":
        measured = (true.any(axis=0)) & ~(true.all(axis=0))
        return average_precision_score(true[:, measured], outputs[:, measured], average="macro")
    return np.mean([spearmanr(*both).statistic for both in zip(true.T, outputs.T, strict=True)])


@pytest.mark.parametrize(("format", "case"), [("onnx", "numbers"), ("litert", "multi")])
def test_int8_programs(format, case, saved, tmp_path):
    folder, model = saved(case)
    path = tmp_path / "program"
    seen = export(folder, path, format=format, quantize="int8", dev=labelled(case), verbose=0)
    assert seen.texts == len(TEXTS) + 7
    predictor = Predictor.load(path)
    _, target = TARGETS[case]
    ours, theirs = model.predict_proba(TEXTS), predictor.predict_proba(TEXTS)
    differences = target.differences(ours, theirs)
    assert 0 < differences.max() < 0.1
    before, after = seen.accuracy
    assert before == pytest.approx(usual_score(case, ours), abs=1e-6)
    assert after == pytest.approx(usual_score(case, theirs), abs=1e-6)


def constant(*rows):
    return lambda texts, pairs=None: np.resize(np.array(rows, np.float64), (len(texts), len(rows)))


def test_several_labels_agree_by_their_thresholds(tmp_path):
    target = Multi(thresholds=(0.3, 0.5))
    seen = compare(tmp_path, constant(0.29999, 0.9), constant(0.30001, 0.9), None, target=target)
    assert (seen.texts, seen.agreeing) == (7, 0)
    assert str(seen).startswith("Verified (0.0 MB): same labels on 0 of 7 texts, probabilities ")


def test_numbers_are_compared_relative_to_their_spread(tmp_path):
    target = Regression(mean=(3000.0,), scale=(250.0,))
    seen = compare(tmp_path, constant(2990.0), constant(2990.02), None, target=target)
    assert seen.greatest == pytest.approx(0.02)
    assert str(seen).startswith("Verified (0.0 MB): numbers of 7 texts within 2.0e-02; ")
    refusal = r"the model computes \[2990.0\], the export \[2990.05\]"
    with pytest.raises(KbertError, match=refusal):
        compare(tmp_path, constant(2990.0), constant(2990.05), None, target=target)


@pytest.mark.parametrize(
    ("case", "text"),
    [
        ("multi", r"Average precision on 3 rows: 0\.\d+ before"),
        ("number", r"Spearman correlation on 3 rows: "),
    ],
)
def test_a_rounded_export_gets_the_score_of_its_target(case, text, saved, tmp_path):
    _, model = saved(case)
    target = TARGETS[case][1]
    compute = model.predict_proba
    seen = compare(tmp_path, compute, compute, labelled(case), target=target, exact=False)
    assert re.search(text, str(seen))
