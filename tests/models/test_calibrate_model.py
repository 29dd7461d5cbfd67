"""A classifier whose head has been divided by its temperature."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from kbert import BertClassifier, Examples, InputError, Labels, Windows, read_examples
from kbert.models.variables import to_arrays
from kbert.results.temperature import Temperature

pytestmark = pytest.mark.keras


@pytest.fixture
def texts(reviews):
    return read_examples(reviews).texts


def mostly_right(model, texts):
    """Return examples of which a model predicts three out of four correctly."""
    ids = model.predict_proba(texts).argmax(axis=1)
    ids[::4] = 1 - ids[::4]
    names = [model.labels.names[number] for number in ids]
    return read_examples((texts, names), labels=model.labels)


def sure(model, texts):
    """Make a model far too sure, of both labels equally often, on each backend."""
    random = np.random.default_rng(0)
    for variable in model.weights:  # else all texts have nearly the same logits
        variable.assign(variable + random.normal(0, 0.2, variable.shape))
    kernel, bias = model.get_layer("logits").weights
    bias.assign(np.zeros(bias.shape))
    logits = in_order(model, Examples(texts))
    factor = 4 / logits.std(axis=0).mean()
    kernel.assign(kernel * factor)
    bias.assign(-factor * logits.mean(axis=0))
    return model


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def in_order(model, examples):
    """Return the logits in the order of the rows."""
    return model.predict(model.batches(examples), verbose=0).astype(np.float64)


@pytest.mark.any_backend
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_probabilities_match_the_temperature(dtype, tiny_model, texts):
    model = sure(tiny_model(dtype=dtype), texts)
    examples = mostly_right(model, texts)
    before = in_order(model, examples)
    found = model.calibrate(model.batches(examples))
    # In bfloat16, TensorFlow's logits depend on the widths of the batches, which differ here.
    few, near = (2e-3, 1e-4) if dtype == "float32" else (3e-2, 3e-2)
    assert found.value == pytest.approx(Temperature.fit(before, examples.label_ids).value, rel=few)
    assert found.value > 2
    after = model.predict_proba(texts)
    np.testing.assert_allclose(after, softmax(before / found.value), atol=near)
    same_batches = in_order(model, examples)
    np.testing.assert_allclose(same_batches, before / found.value, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(same_batches.argmax(axis=1), before.argmax(axis=1))
    true = examples.label_ids
    assert log_loss(true, after[:, 1]) < log_loss(true, softmax(before)[:, 1])
    assert model.temperature == found.value
    again = model.calibrate(model.batches(examples))
    assert again.value == pytest.approx(1, abs=few)


@pytest.mark.any_backend
@pytest.mark.parametrize("pool", ["mean", "max"])
def test_pooled_windows_are_calibrated(pool, tiny_model, texts):
    long = {"max_length": 6, "long_text": "windows", "windows": Windows(stride=1, pool=pool)}
    model = sure(tiny_model(**long), texts)
    examples = mostly_right(model, texts)
    before = in_order(model, examples)
    found = model.calibrate(examples)
    assert found.value > 2
    expected = before / found.value
    np.testing.assert_allclose(in_order(model, examples), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.any_backend  # thresholds are NumPy numbers
def test_multi_label_predictions_stay_the_same(tiny_model, texts):
    names = ["a", "b", "c"]
    model = sure(tiny_model(labels=names, target="multi"), texts)
    model.target = type(model.target)(thresholds=(0.5, 0.9, 1e-3))
    shares = 1 / (1 + np.exp(-in_order(model, Examples(texts)) / 5))
    has = np.random.default_rng(0).random(shares.shape) < shares
    tags = [";".join(n for n, one in zip(names, row, strict=True) if one) for row in has]
    examples = read_examples(
        (texts, tags), target="multi", label_separator=";", labels=Labels(names)
    )
    before = [one.labels for one in model.predict_texts(texts)]
    shares = model.predict_proba(texts)
    found = model.calibrate(model.batches(examples))
    assert found.value > 2
    assert [one.labels for one in model.predict_texts(texts)] == before
    assert model.target.thresholds[0] == 0.5
    assert abs(model.predict_proba(texts) - shares).max() > 0.1


@pytest.mark.any_backend  # only arrays are written
def test_the_temperature_is_saved_with_the_model(tiny_model, texts, tmp_path):
    model = sure(tiny_model(), texts)
    examples = mostly_right(model, texts)
    value = model.calibrate((examples.texts, examples.label_ids)).value
    assert value > 2
    model.save_to(tmp_path / "model")
    model.save(tmp_path / "model.keras")
    expected = model.predict_proba(examples.texts)
    for path in (tmp_path / "model", tmp_path / "model.keras"):
        loaded = BertClassifier.load(path)
        assert loaded.temperature == value
        np.testing.assert_allclose(loaded.predict_proba(examples.texts), expected, atol=1e-6)
        for name, array in to_arrays(model.weights).items():
            np.testing.assert_array_equal(to_arrays(loaded.weights)[name], array)


@pytest.mark.any_backend
def test_training_resets_the_temperature(tiny_model, texts):
    model = sure(tiny_model(), texts)
    examples = mostly_right(model, texts)
    assert model.calibrate(model.batches(examples)).value == model.temperature > 2
    model.compile("adam")
    model.fit(model.batches(examples), epochs=1, verbose=0)
    assert model.temperature == 1
    assert "temperature" not in model.get_config()


@pytest.mark.any_backend
@pytest.mark.parametrize("value", ['"2"', "0", "-1", "true", "null"])
def test_refuses_an_invalid_temperature(value, tiny_model, tmp_path):
    model = tiny_model()
    model.save_to(tmp_path / "model")
    file = tmp_path / "model" / "config.json"
    text = file.read_text(encoding="utf-8").rstrip().removesuffix("}")
    file.write_text(f'{text}, "temperature": {value}}}', encoding="utf-8")
    with pytest.raises(InputError, match="temperature must be a number above 0"):
        BertClassifier.load(tmp_path / "model")


@pytest.mark.any_backend
def test_refuses_unsuitable_models_and_data(tiny_model, texts):
    with pytest.raises(InputError, match="calibrate.* is for probabilities, .*regression"):
        tiny_model(labels=["stars"], target="regression").calibrate((texts, texts))
    model = tiny_model()
    with pytest.raises(InputError, match="no labels"):
        model.calibrate(model.batches(Examples(texts)))
    with pytest.raises(InputError, match="must be Batches or a tuple"):
        model.calibrate(None)


@pytest.mark.any_backend
def test_predictions_below_the_limit_abstain(tiny_model, texts):
    model = sure(tiny_model(), texts)
    limit = float(np.median(model.predict_proba(texts).max(axis=1)))
    found = model.predict_texts(texts, abstain=limit)
    assert {one.abstained for one in found} == {True, False}
    assert all((one.label == "") == (one.probability < limit) == one.abstained for one in found)
    with pytest.raises(InputError, match="`abstain`"):
        model.predict_texts(texts, abstain=2)
