"""A model and its data in the wrong order."""

from pathlib import Path

import pytest

from kbert import InputError
from kbert.cli.model_first import check_model_first
from kbert.findings import Call


@pytest.fixture
def data(tmp_path):
    file = tmp_path / "data.csv"
    file.write_text("text\n", encoding="utf-8")
    return file


@pytest.mark.parametrize("verb", ["evaluate", "predict"])
@pytest.mark.parametrize("kind", ["folder", ".keras file"])
def test_the_cure_swaps_the_arguments(verb, kind, data, tmp_path):
    model = tmp_path / "model.keras"
    if kind == "folder":
        model.mkdir()
    else:
        model.write_bytes(b"")
    with pytest.raises(InputError, match="The model comes first, then the data") as refused:
        check_model_first(verb, data, str(model))
    assert refused.value.cure.call == Call(verb, str(model), data)
    check_model_first(verb, model, str(data))


def test_arguments_that_may_be_right_are_not_refused(data, tmp_path):
    check_model_first("predict", data, None)
    check_model_first("predict", data, str(tmp_path / "other.csv"))
    check_model_first("predict", Path("nothing"), str(tmp_path))
