"""Exported models that read long texts in windows: each window is a row of the program."""

import json
import subprocess
import sys

import numpy as np
import pytest

from kbert import BertClassifier, InputError, Predictor
from kbert.exports.export import export
from kbert.interop.sources import find_source
from kbert.serving.export_settings import ExportSettings
from kbert.targets.multi import Multi
from kbert.targets.regression import Regression
from kbert.targets.single import Single
from kbert.targets.soft import Soft

# Another process writes the program, on the backend that can.
pytestmark = [pytest.mark.keras, pytest.mark.any_backend]

TARGETS = {
    "single": (("bad", "good"), Single()),
    "multi": (("rude", "loud", "good"), Multi(";", thresholds=(0.3, 0.5, 0.62))),
    "regression": (("euros",), Regression(mean=(3000.0,), scale=(250.0,))),
    "soft": (("no", "maybe", "yes"), Soft()),
}
# Formats, targets, windows, and the fixed length of a program. ONNX is converted from torch's
# program, OpenVINO and LiteRT from TensorFlow's.
CASES = [
    ("onnx", "single", {"pool": "max", "stride": 2, "max_windows": 4}, None),
    ("openvino", "multi", {}, None),
    ("litert", "soft", {"max_windows": 2}, 8),
    ("saved_model", "regression", {"pool": "max"}, None),
    ("torch", "single", {}, None),
]
SERVED = ("onnx", "openvino", "litert")
IDS = ["-".join(case[:2]) for case in CASES]
# Texts of 1, 2, and more windows than any of these models reads.
TEXTS = [
    "A moving story.",
    "The plot makes no sense at all, and I wanted my money back after twenty minutes of it!",
    " ".join(["It was a very long story, and the end of it moved me."] * 20),
    "这部电影很好看,我会推荐给朋友。我们看了两遍,还想再看一遍。",
]


@pytest.fixture(scope="module")
def exported(tiny_model, tmp_path_factory):
    """A function that exports a model of a case once, and returns it with the export."""
    done = {}

    def export_once(format, target, settings, length):
        if (format, target) not in done:
            names, kind = TARGETS[target]
            config = tiny_model(labels=list(names), target=kind).get_config()
            config["tokenizer"] |= {"long_text": "windows", "windows": settings}
            model = BertClassifier.from_config(config)
            random = np.random.default_rng(0)
            for variable in model.weights:
                variable.assign(variable + random.normal(0, 0.2, variable.shape))
            folder = tmp_path_factory.mktemp(format)
            model.save_to(folder / "model")
            path = folder / "out"
            seen = export(folder / "model", path, format=format, length=length, verbose=0)
            model = BertClassifier.load(folder / "model", max_length=length)
            done[format, target] = model, path, seen
        return done[format, target]

    return export_once


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_it_is_reopened_and_predicts_the_same(case, exported):
    model, path, seen = exported(*case)
    format, target, _, length = case
    assert seen.texts == seen.agreeing == 7
    found = ExportSettings.read(path)
    assert (found.output, found.length) == ("logits", length)
    assert found.windows == model.tokenizer.windows
    assert found.read_tokenizer(path).get_config() == model.tokenizer.get_config()
    if format not in SERVED:
        return
    predictor, kind = Predictor.load(path), TARGETS[target][1]
    assert find_source(path).target() == kind
    for pairs in (None, TEXTS[::-1]):
        expected = model.predict_proba(TEXTS, pairs)
        for batch_size in (1, 32):
            differences = kind.differences(
                expected, predictor.predict_proba(TEXTS, pairs, batch_size=batch_size)
            )
            assert differences.max() < 1e-5
    cut = BertClassifier.load(path.parent / "model", long_text="head", max_length=length)
    differences = kind.differences(model.predict_proba(TEXTS), cut.predict_proba(TEXTS))
    assert differences[0].max() < 1e-5  # one window
    assert differences[1:].max(axis=1).min() > 1e-3


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_the_readme_is_correct(case, exported):
    model, path, _ = exported(*case)
    target = case[1]
    readme = (path / "README.md").read_text(encoding="utf-8")
    assert (
        f"It read a longer text in windows of {model.max_length} tokens, each of which shares"
        in readme
    )
    blocks = readme.split("```python\n")[1:]
    (code,) = [block.split("```")[0] for block in blocks if "enable_truncation" in block]
    name = "numbers" if target == "regression" else "probabilities"
    code = code.replace('["A moving story."]', repr(TEXTS))
    code += f"\nimport json\nprint(json.dumps({name}.tolist()))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=path, capture_output=True, text=True, check=True
    )
    found = np.array(json.loads(done.stdout.splitlines()[-1]))
    kind = TARGETS[target][1]
    assert kind.differences(model.predict_proba(TEXTS), found).max() < 1e-5


def test_a_length_too_short_for_windows_is_refused(tiny_model, tmp_path):
    config = tiny_model().get_config()
    config["tokenizer"] |= {"long_text": "windows", "windows": {"stride": 2}}
    BertClassifier.from_config(config).save_to(tmp_path / "model")
    message = "`length` must be from 5 to the 16 tokens .*, whose windows share 2. Received: 4"
    with pytest.raises(InputError, match=message):
        export(tmp_path / "model", tmp_path / "out", format="onnx", length=4, verbose=0)
    assert not (tmp_path / "out").exists()
