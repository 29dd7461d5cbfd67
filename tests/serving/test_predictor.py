import csv
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from kbert import KbertError, Predictor, UnknownTokensWarning
from kbert.cli.main import main
from kbert.data.inspection.unknown_tokens_watch import UnknownTokensWatch


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


@pytest.mark.parametrize("abstain", [0.999, "0.999", {"high": 0.999}, "high=0.999"])
def test_it_abstains(abstain, predictor):
    """The mean ids are 3 and 11 / 3, so the probabilities are 0.9975 and 0.9993."""
    one, other = predictor.predict(["a", "story"], abstain=abstain)
    assert (one.label, one.abstained, other.label, other.abstained) == ("", True, "high", False)
    assert one.probability == pytest.approx(1 / (1 + np.exp(-6)), rel=1e-5)
    with pytest.raises(KbertError, match="`abstain`: the label 'tall' is not one of"):
        predictor.predict(["a"], abstain={"tall": 0.5})


@pytest.mark.parametrize("to", ["csv", "jsonl"])
def test_the_command_line_abstains(to, export_folder, tmp_path, capsys):
    file = tmp_path / "texts.txt"
    file.write_text("a\nstory\n", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["predict", str(export_folder), str(file), "--abstain", "0.999", "--to", to])
    assert not ended.value.code
    out = capsys.readouterr().out
    if to == "csv":
        header, *rows = csv.reader(out.splitlines())
        assert header[1:5] == ["text", "label", "probability", "abstained"]
        assert [[row[2], row[4]] for row in rows] == [["", "true"], ["high", "false"]]
    else:
        rows = [json.loads(line) for line in out.splitlines()]
        assert [(row["label"], row["abstained"]) for row in rows] == [(None, True), ("high", False)]
    with pytest.raises(SystemExit) as ended:
        main(["predict", str(export_folder), str(file), "--abstain", "80%"])
    assert ended.value.code == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "--abstain must be a probability from 0 to 1" in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("story",), "`texts` must be a list of strings"),
        (
            (["story", None],),
            r"`texts` must be a string\. Received at position 1: missing \(None\)",
        ),
        ((float("nan"),), r"`texts` must be a list of strings\. Received: a number \(nan\)"),
        ((["story", " "],), r"Received at position 1: an empty text \(' '\)"),
        (([b"\xff"],), r"bytes that are not utf-8 \(0xff\)"),
        ((["story"], [7]), r"`pairs` must be a string\. Received at position 0: a number \(7\)"),
        ((["story"], "story"), "`pairs` must be a list of strings"),
        (
            (["a", "story"], ["mess"]),
            "`texts` and `pairs` must have the same length. Received: 2 and 1",
        ),
    ],
)
def test_refuses_invalid_arguments(arguments, message, predictor):
    with pytest.raises(KbertError, match=message):
        predictor.predict(*arguments)


def test_any_iterable_of_texts(predictor):
    texts = ["story", "a moving story."]
    expected = predictor.predict(texts)
    for given in (tuple(texts), np.array(texts), iter(texts), [text.encode() for text in texts]):
        assert predictor.predict(given) == expected


def test_warns_once_about_unknown_tokens(export_folder):
    predictor = Predictor.load(export_folder)
    texts = ["电影很好看", "他 story"]
    with pytest.warns(UnknownTokensWarning) as caught:
        predictor.predict(texts)
    predictor.predict(texts)  # a second warning would be an error
    predictor.predict_proba(texts)
    (warning,) = caught
    assert warning.filename == __file__
    assert re.match(r"\d\d\.\d% of the tokens are \[UNK\]: .* Cure: ", str(warning.message))


def test_the_second_texts_of_pairs_count_too(tokenizer):
    watch = UnknownTokensWatch(tokenizer)
    watch.look(["a story"], ["a mess"])
    with pytest.warns(UnknownTokensWarning):
        watch.look(["a story"], ["电影很好看"])


def test_only_the_beginning_of_long_texts_is_checked(tokenizer):
    UnknownTokensWatch(tokenizer).look(["a story " * 1000 + "电影很好看" * 10000], None)


@pytest.mark.parametrize("flag", [[], ["-q"]])
def test_the_command_line_prints_only_its_own_warning(flag, export_folder, tmp_path, capsys):
    (tmp_path / "data.txt").write_text("电影很好看\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["predict", str(export_folder), str(tmp_path / "data.txt"), *flag])
    err = capsys.readouterr().err
    assert err.count("[UNK]") == (0 if flag else 1)
    assert "UnknownTokensWarning" not in err


def test_refuses_a_missing_path(tmp_path):
    with pytest.raises(KbertError, match="There is no file or folder .*none. Check the path"):
        Predictor.load(tmp_path / "none")


def test_it_imports_neither_keras_nor_data_readers(export_folder):
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
