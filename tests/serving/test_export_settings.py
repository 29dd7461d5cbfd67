import json
import shutil

import pytest

from kbert import KbertError
from kbert.serving.export_settings import ExportSettings
from kbert.serving.export_source import Export


@pytest.fixture
def folder(export_folder, tmp_path):
    return shutil.copytree(export_folder, tmp_path / "export")


def change(folder, **values):
    path = folder / "kbert.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def in_windows(windows):
    return {"tokenizer": {"long_text": "windows", "windows": windows}}


def test_written_and_read_again(folder, tokenizer):
    settings = ExportSettings.read(folder)
    assert settings.labels == ("high", "low")
    assert settings.read_tokenizer(folder).get_config() == tokenizer.get_config()
    settings.write(folder)
    assert ExportSettings.read(folder) == settings


def test_an_export_is_recognized(folder, tmp_path):
    assert Export.recognises(str(folder))
    assert not Export.recognises(str(tmp_path))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("file", "../model.onnx"),
        ("file", "/etc/passwd"),
        ("labels", "high"),
        ("labels", ["high", 2]),
        ("max_length", "12"),
        ("max_length", 10**9),
        ("length", 2),
        ("length", 11),
        ("length", True),
        ("labels", ["high", ""]),
        ("labels", ["high", ["low"]]),
        ("num_segments", 0),
        ("num_segments", "2"),
        ("text_pairs", 1),
        ("max_length", True),
        ("int8", None),
        ("text_pairs", "yes"),
        ("tokenizer", []),
        ("kind", None),
    ],
)
def test_refuses_a_value_of_the_wrong_kind(name, value, folder):
    change(folder, **{name: value})
    with pytest.raises(KbertError, match="kbert.json: .*is not of the kind.*Received"):
        ExportSettings.read(folder)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format": "kbert-export-9"}, "of another version; kbert-export-1 was expected"),
        ({"labels": ["high"]}, "kbert.json: there must be two labels or more"),
        ({"program": "rm"}, "does not fit: .*program"),
        (in_windows({"stride": 10}), "kbert.json: `stride` must be less than the 10 tokens"),
        (in_windows({"pool": "sum"}), "kbert.json: `pool` must be one of mean, max"),
        (in_windows(["mean"]), "kbert.json: `windows` must be Windows, or a dict of stride, max"),
        ({"labels": ["high", "high"]}, "kbert.json: .*different names .*'high' occurs twice"),
        ({"labels": ["high", "\ud800"]}, "kbert.json: the label .* contains half a character"),
    ],
)
def test_refuses_invalid_settings(values, message, folder):
    change(folder, **values)
    with pytest.raises(KbertError, match=message):
        ExportSettings.read(folder)


@pytest.mark.parametrize(
    ("changed", "message"),
    [({"alphabet": "x"}, "the tokenizer does not fit"), ({"lowercase": "yes"}, "Received: 'yes'")],
)
def test_refuses_invalid_tokenizer_settings(changed, message, folder):
    change(folder, tokenizer=changed)
    with pytest.raises(KbertError, match=message):
        ExportSettings.read(folder).read_tokenizer(folder)


def test_a_vocabulary_outside_the_folder_is_not_read(folder, tmp_path):
    (folder / "vocab.txt").rename(tmp_path / "vocab.txt")
    settings = ExportSettings.read(folder)
    with pytest.raises(KbertError, match="There is no vocabulary file"):
        settings.read_tokenizer(folder)
    (folder / "vocab.txt").symlink_to(tmp_path / "vocab.txt")
    with pytest.raises(KbertError, match="nothing outside the folder is read"):
        settings.read_tokenizer(folder)
