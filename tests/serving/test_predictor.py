import os
import subprocess
import sys

import numpy as np
import pytest

from kbert import KbertError, Predictor


@pytest.fixture(scope="module")
def predictor(export_folder):
    return Predictor.load(export_folder)


def test_labels_and_probabilities(predictor):
    (one, other) = predictor.predict(["story", "a moving story."])
    assert predictor.labels == ("high", "low")
    assert one.label == other.label == "high"
    assert list(one.probabilities) == ["high", "low"]
    # [CLS] story [SEP] are the ids 2, 6 and 3.
    assert one.probability == pytest.approx(1 / (1 + np.exp(-2 * 11 / 3)), rel=1e-5)


def test_no_texts(predictor):
    assert predictor.predict([]) == []
    assert predictor.predict_proba([]).shape == (0, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("story",), "`texts` must be a list of strings"),
        (
            (["story", None],),
            r"`texts` must be a string\. Received at position 1: missing \(None\)",
        ),
        ((float("nan"),), r"`texts` must be a list of strings\. Received: a number \(nan\)"),
        (([b"\xff"],), r"bytes that are not utf-8 \(0xff\)"),
        ((["story"], [7]), r"`pairs` must be a string\. Received at position 0: a number \(7\)"),
        ((["story"], "story"), "`pairs` must be a list of strings"),
        (
            (["a", "story"], ["mess"]),
            "`texts` and `pairs` must have the same length. Received: 2 and 1",
        ),
    ],
)
def test_refuses(arguments, message, predictor):
    with pytest.raises(KbertError, match=message):
        predictor.predict(*arguments)


def test_any_iterable_of_texts(predictor):
    texts = ["story", "a moving story."]
    expected = predictor.predict(texts)
    for given in (tuple(texts), np.array(texts), iter(texts), [text.encode() for text in texts]):
        assert predictor.predict(given) == expected


def test_refuses_a_path(tmp_path):
    with pytest.raises(KbertError, match="There is no file or folder .*none. Check the path"):
        Predictor.load(tmp_path / "none")


def test_it_imports_neither_keras_nor_what_reads_data(export_folder):
    code = (
        "import sys, kbert\n"
        f"kbert.Predictor.load({str(export_folder)!r}).predict(['a story'])\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"kbert", "numpy", "tokenizers", "onnxruntime"} <= loaded
    heavy = "keras keras_hub tensorflow jax torch pyarrow sklearn safetensors rich cyclopts pandas"
    assert loaded.isdisjoint(heavy.split())


def test_the_command_line_predicts_with_it(export_folder, tmp_path):
    code = (
        "import sys\nfrom kbert.cli.main import main\n"
        f"try: main(['predict', {str(export_folder)!r}, '-'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "assert {'keras', 'tensorflow', 'jax', 'torch', 'pyarrow'}.isdisjoint(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input="story\na dull mess\n",
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "KERAS_BACKEND": "none"},
    )
    header, *rows = done.stdout.splitlines()
    assert header == "row,text,label,probability,p(high),p(low)"
    assert [row.split(",")[:3] for row in rows] == [
        ["1", "story", "high"],
        ["2", "a dull mess", "high"],
    ]
