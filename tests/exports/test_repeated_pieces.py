"""A vocabulary with a repeated piece: its exports can be read, and predict the same."""

import numpy as np
import pytest

from kbert import BertClassifier, Predictor, Tokenizer
from kbert.exports.export import export

# The written files do not depend on the backend.
pytestmark = [
    pytest.mark.keras,
    pytest.mark.any_backend,
    pytest.mark.usefixtures("forked_exports"),
]
TEXTS = ["a movie, movies and a moving story", "the film is good", "MOVIE"]


@pytest.fixture(scope="module")
def model(tiny_model):
    """A model whose vocabulary also has "movie" and "##s" at an earlier place."""
    made = tiny_model(max_length=32)
    pieces = list(made.tokenizer.vocabulary)
    for number, piece in ((998, "movie"), (1000, "##s")):
        assert pieces.index(piece) > number
        pieces[number] = piece
    tokenizer = Tokenizer(pieces)
    config = {**made.get_config(), "tokenizer": tokenizer.get_config(), "gelu": "tanh"}
    found = BertClassifier.from_config(config)
    random = np.random.default_rng(0)
    for variable in found.weights:
        variable.assign(variable + random.normal(0, 0.2, variable.shape))
    return found


@pytest.mark.parametrize("format", ["huggingface", "google", "keras", "keras-hub", "onnx"])
def test_an_export_is_read_and_predicts_the_same(format, model, tmp_path):
    model.save_to(tmp_path / "model")
    expected = model.predict_proba(TEXTS)
    path = tmp_path / ("out.keras" if format == "keras" else "out")
    seen = export(tmp_path / "model", path, format=format, verbose=0)
    assert seen.greatest < 1e-5
    if format == "onnx":
        found = Predictor.load(path)
        other = Tokenizer.from_file(path / "tokenizer.json")
        assert other.token_ids(TEXTS) == model.tokenizer.token_ids(TEXTS)
    else:
        found = BertClassifier.from_preset(str(path), max_length=32)
        assert len(found.tokenizer) == len(model.tokenizer)
    np.testing.assert_allclose(found.predict_proba(TEXTS), expected, atol=1e-5)
