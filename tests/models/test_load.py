from pathlib import Path

import numpy as np
import pytest

from kbert import BertClassifier, KbertError
from kbert.exports.export import export

pytestmark = pytest.mark.keras

FORMATS = Path(__file__).parents[1] / "data" / "formats" / "0.1"
TEXTS = ["A joy.", "It drags, and drags.", "Schön; 很好"]


@pytest.fixture(scope="module")
def model(tiny_model):
    return tiny_model(layers=2, labels=["no", "yes"])


@pytest.fixture(scope="module")
def places(model, tmp_path_factory):
    """The same model in several forms."""
    folder = tmp_path_factory.mktemp("models")
    model.save_to(folder / "run" / "model")
    model.save(folder / "file.keras")
    export(folder / "run", folder / "hf", format="huggingface", verbose=0)
    return folder


@pytest.mark.any_backend
@pytest.mark.parametrize("dtype", [None, "float32", "mixed_bfloat16"])
@pytest.mark.parametrize("name", ["run", "run/model", "file.keras", "hf"])
def test_every_form_loads_the_same_model(name, dtype, places, model):
    loaded = BertClassifier.load(places / name, dtype=dtype)
    assert loaded.labels.names == ("no", "yes")
    assert loaded.backbone.dtype_policy.name == (dtype or "float32")
    tolerance = 0.02 if dtype == "mixed_bfloat16" else 1e-6
    np.testing.assert_allclose(
        loaded.predict_proba(TEXTS), model.predict_proba(TEXTS), atol=tolerance
    )


def test_an_exported_program_is_refused():
    with pytest.raises(KbertError, match="is an exported program, .* Name the run or the model t"):
        BertClassifier.load(FORMATS / "exports" / "onnx")


@pytest.mark.parametrize(
    ("name", "message"),
    [("none", "no file or folder .*none"), ("none.keras", "no file"), (".", "holds no model")],
)
def test_refuses_paths_without_a_model(name, message, tmp_path):
    with pytest.raises(KbertError, match=message):
        BertClassifier.load(tmp_path / name)
