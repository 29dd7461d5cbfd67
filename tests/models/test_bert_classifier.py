import keras
import numpy as np
import pytest

from kbert import (
    BertClassifier,
    Examples,
    KbertError,
    Labels,
    Predictor,
    Tokenizer,
    TrainingPlan,
    UnknownTokensWarning,
    create_optimizer,
    read_examples,
)
from kbert.results.evaluation import softmax

pytestmark = pytest.mark.keras

TEXTS = ["A joy.", "A dull mess that drags on and on.", "Fine", "The actors are superb.", "No."]
TINY = {
    "vocabulary_size": 8,
    "num_layers": 1,
    "num_heads": 2,
    "hidden_dim": 8,
    "intermediate_dim": 8,
    "max_sequence_length": 20,
}
TOKENIZER = Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "c", "d"])


def inputs(*rows):
    ids = np.array(rows, "int32")
    return {
        "token_ids": ids,
        "segment_ids": np.zeros_like(ids),
        "padding_mask": np.ones_like(ids),
    }


def weight_specs(model):
    return {w.path: keras.ops.convert_to_numpy(w.value) for w in model.weights}


def test_from_preset(tiny_model, tiny_preset):
    model = tiny_model(labels=Labels(("no", "perhaps", "yes")), dropout=0.2)
    assert model.labels.names == ("no", "perhaps", "yes")
    assert (model.backbone.num_layers, model.backbone.hidden_dim) == (1, 32)
    assert (model.dropout, model.gelu, model.max_length) == (0.2, "erf", 16)
    assert len(model.tokenizer.vocabulary) == 30522
    logits = model(inputs([101, 2143, 102], [101, 999, 102]))
    assert tuple(logits.shape) == (2, 3)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    with pytest.raises(KbertError, match=r"holds no weights.*weights=.random"):
        BertClassifier.from_preset(str(tiny_preset), ["a", "b"])


def test_config_round_trip():
    model = BertClassifier(TINY, ["x", "y"], TOKENIZER, 12, 0.3, "erf", name="mine")
    config = model.get_config()
    other = BertClassifier.from_config(config)
    assert other.get_config() == config
    assert config["backbone"] == {**TINY, "dropout": 0.1, "num_segments": 2}
    assert (config["max_length"], config["dropout"], config["gelu"]) == (12, 0.3, "erf")
    assert (config["labels"], config["name"], config["dtype"]) == (["x", "y"], "mine", "float32")
    shapes = {path: value.shape for path, value in weight_specs(model).items()}
    assert {path: value.shape for path, value in weight_specs(other).items()} == shapes


@pytest.mark.parametrize("gelu", ["tanh", "erf"])
def test_gelu_is_built_and_survives_the_config(gelu):
    model = BertClassifier(TINY, ["x", "y"], TOKENIZER, 12, gelu=gelu)
    other = BertClassifier.from_config(model.get_config())
    values = keras.ops.convert_to_tensor([-1.0, 0.5, 1.0])
    expected = keras.activations.gelu(values, approximate=gelu == "tanh")
    for layer in (model.backbone.transformer_layers[0], other.backbone.transformer_layers[0]):
        activated = layer._feedforward_intermediate_dense.activation(values)
        np.testing.assert_allclose(
            *(keras.ops.convert_to_numpy(part) for part in (activated, expected)), rtol=1e-6
        )


@pytest.mark.parametrize("recipe", ["recommended", "google"])
def test_keras_file_keeps_weights_optimizer_and_loss(recipe, tmp_path):
    model = BertClassifier(TINY, ["x", "y"], TOKENIZER, 12)
    examples = Examples(["a b", "c d"], None, np.array([0, 1], np.int32), Labels(("x", "y")))
    plan = TrainingPlan(examples=2, batch_size=1, epochs=4, learning_rate=0.01, recipe=recipe)
    model.compile(create_optimizer(plan), metrics=["accuracy"])
    model.fit(model.batches(examples, plan), epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = BertClassifier.load(tmp_path / "model.keras")
    assert loaded.get_config() == model.get_config()
    for path, value in weight_specs(loaded).items():
        np.testing.assert_array_equal(value, weight_specs(model)[path], err_msg=path)
    assert type(loaded.optimizer) is type(model.optimizer)
    assert int(loaded.optimizer.iterations) == 4
    assert len(loaded.optimizer.variables) == len(model.optimizer.variables)
    for mine, theirs in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True):
        if mine.name == "gradient_norm":  # of the last step, and not saved
            continue
        np.testing.assert_array_equal(
            *(keras.ops.convert_to_numpy(v.value) for v in (mine, theirs)), err_msg=mine.path
        )
    assert [
        v.path for v in loaded.trainable_variables if loaded.optimizer._use_weight_decay(v)
    ] == [v.path for v in model.trainable_variables if model.optimizer._use_weight_decay(v)]
    scores = [m.evaluate(m.batches(examples), verbose=0) for m in (model, loaded)]
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-6)


def test_default_loss_is_cross_entropy_from_logits():
    model = BertClassifier(TINY, ["x", "y"], TOKENIZER, 12)
    model.compile("sgd")
    logits = keras.ops.convert_to_tensor([[2.0, 0.0]])
    loss = model.loss(keras.ops.convert_to_tensor([1]), logits)
    assert float(keras.ops.convert_to_numpy(loss)) == pytest.approx(np.log1p(np.exp(2.0)))


def test_dropout_acts_in_training_only():
    model = BertClassifier({**TINY, "dropout": 0.0}, ["x", "y"], TOKENIZER, 12, dropout=0.5)
    rows = inputs([2, 4, 5, 3])
    calls = [keras.ops.convert_to_numpy(model(rows, training=t)) for t in (False, False, True)]
    np.testing.assert_array_equal(calls[0], calls[1])
    assert (calls[0] != calls[2]).any()


def test_predictions_do_not_depend_on_order_or_batch(tiny_model):
    model = tiny_model()
    predictions = model.predict_texts(TEXTS)
    backwards = model.predict_texts(TEXTS[::-1], batch_size=2)[::-1]
    for one, other in zip(predictions, backwards, strict=True):
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-6)
    plain = softmax(model.predict(model.batches(Examples(TEXTS), batch_size=2), verbose=0))
    for prediction, row in zip(predictions, plain, strict=True):
        assert list(prediction.probabilities) == ["bad", "good"]
        assert list(prediction.probabilities.values()) == pytest.approx(row.tolist(), abs=1e-6)
        assert prediction.label == ("bad", "good")[row.argmax()]
        assert prediction.probability == max(prediction.probabilities.values())


def test_pairs_are_read_as_two_segments(tiny_model):
    model = tiny_model()
    (pair,) = model.predict_texts(["A joy."], ["Fine"])
    rows = inputs([101, 1037, 6569, 1012, 102, 2986, 102])
    rows["segment_ids"][0, 5:] = 1
    expected = softmax(keras.ops.convert_to_numpy(model(rows)))[0]
    assert list(pair.probabilities.values()) == pytest.approx(expected.tolist(), abs=1e-6)


def test_no_texts_give_no_predictions():
    assert BertClassifier(TINY, ["x", "y"], TOKENIZER, 12).predict_texts([]) == []


def test_mixed_bfloat16_computes_in_bfloat16_and_keeps_float32(tmp_path):
    model = BertClassifier(TINY, ["x", "y"], TOKENIZER, 12, dtype="mixed_bfloat16")
    assert {w.dtype for w in model.trainable_weights} == {"float32"}
    assert model.backbone.transformer_layers[0].compute_dtype == "bfloat16"
    assert keras.backend.standardize_dtype(model(inputs([2, 4, 3])).dtype) == "float32"
    model.save_to(tmp_path / "model")
    loaded = BertClassifier.load(tmp_path / "model")
    assert loaded.backbone.dtype_policy.name == "mixed_bfloat16"
    predictions = [m.predict_texts(["a b c"])[0].probability for m in (model, loaded)]
    assert predictions[0] == pytest.approx(predictions[1], abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": ["x"]}, r"at least two different names. Received: \['x'\]"),
        ({"labels": ["x", "y", "x"]}, "at least two different names"),
        ({"labels": ["x", "\ud800"]}, r"the label '\\ud800' contains half a character"),
        ({"labels": ["x", None]}, "must be a list of names. Received among them: None"),
        ({"labels": 2}, "must be a list of names. Received: 2"),
        ({"backbone": {**TINY, "vocabulary_size": 7}}, "8 pieces but the backbone has 7"),
        ({"max_length": 2}, "from 3 to 20, .*Received: 2. Cure: max_length=3"),
        ({"max_length": 21}, "from 3 to 20, .*Received: 21. Cure: max_length=20"),
        ({"backbone": {"num_layers": 1}}, "configuration of a backbone lacks .*hidden_dim"),
    ],
    ids=[
        *("one-label", "twice", "surrogate", "missing", "number"),
        *("vocabulary", "short", "long", "backbone"),
    ],
)
def test_refusals(arguments, message):
    settings = {"backbone": TINY, "labels": ["x", "y"], "tokenizer": TOKENIZER, "max_length": 12}
    with pytest.raises(KbertError, match=message):
        BertClassifier(**{**settings, **arguments})


def test_refuses_one_text_instead_of_a_list():
    with pytest.raises(KbertError, match="must be a list of strings"):
        BertClassifier(TINY, ["x", "y"], TOKENIZER, 12).predict_texts("a b")


def test_texts_of_other_types():
    model = BertClassifier(TINY, ["x", "y"], TOKENIZER, 12)
    expected = model.predict_proba(["a b", "b"])
    for given in (np.array(["a b", "b"]), iter(["a b", "b"]), [b"a b", b"b"]):
        np.testing.assert_array_equal(model.predict_proba(given), expected)
    assert model.predict_proba([]).shape == (0, 2)
    for given in (["a", None], [float("nan")], [7]):
        for predict in (model.predict_texts, model.predict_proba):
            with pytest.raises(KbertError, match=r"must be a string\. Received at position"):
                predict(given)


@pytest.mark.parametrize(
    ("labels", "plan_rows", "message"),
    [(["x", "z"], None, "the model has .*labels=model.labels"), (["x", "y"], 3, "for 3 examples")],
    ids=["labels", "plan"],
)
def test_batches_refuse_other_labels_and_plans(labels, plan_rows, message):
    model = BertClassifier(TINY, ["x", "y"], TOKENIZER, 12)
    examples = read_examples((["a", "b"], labels))
    plan = plan_rows and TrainingPlan(examples=plan_rows)
    with pytest.raises(KbertError, match=message):
        model.batches(examples, plan)


def test_texts_as_long_as_the_positions_allow():
    # 20 positions are not a multiple of 8, to which widths are rounded.
    model = BertClassifier(TINY, ["x", "y"], TOKENIZER, max_length=20)
    (prediction,) = model.predict_texts(["a b c d " * 9])
    rows = inputs([2, *([4, 5, 6, 7] * 5)[:18], 3])
    expected = softmax(keras.ops.convert_to_numpy(model(rows)))[0]
    assert list(prediction.probabilities.values()) == pytest.approx(expected.tolist(), abs=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="nothing is traced in Python")
def test_a_step_is_traced_once():
    model = BertClassifier(TINY, ["x", "y"], TOKENIZER, 12)
    examples = Examples(["a b", "c d"], None, np.array([0, 1], np.int32), Labels(("x", "y")))
    plan = TrainingPlan(examples=2, batch_size=1, epochs=2, learning_rate=0.01)
    model.compile(create_optimizer(plan), metrics=["accuracy"])
    traced, step = [], model.train_step
    model.train_step = lambda data: traced.append(data) or step(data)
    model.fit(model.batches(examples, plan), epochs=2, verbose=0)
    assert len(traced) == 1


def test_texts_with_unknown_tokens_cause_one_warning(tiny_model):
    model = tiny_model()
    model.predict_texts(TEXTS)
    with pytest.warns(
        UnknownTokensWarning, match=r"of the tokens are \[UNK\]: .* Cure: "
    ) as caught:
        model.predict_texts(["电影很好看", "电影"])
    model.predict_texts(["电影很好看"])  # a second warning would be an error
    model.predict_proba(["电影很好看"])
    (warning,) = (one for one in caught if one.category is UnknownTokensWarning)
    assert warning.filename == __file__


def test_a_predictor_leaves_the_warning_to_its_model(tiny_model, tmp_path):
    tiny_model().save_to(tmp_path / "model")
    predictor = Predictor.load(tmp_path / "model")
    with pytest.warns(UnknownTokensWarning) as caught:
        predictor.predict(["电影很好看"])
    predictor.predict(["电影很好看"])
    (warning,) = (one for one in caught if one.category is UnknownTokensWarning)
    assert warning.filename == __file__


@pytest.mark.parametrize("packing", ["on", pytest.param("off", marks=pytest.mark.any_backend)])
@pytest.mark.parametrize(
    "dtype", ["float32", pytest.param("mixed_bfloat16", marks=pytest.mark.any_backend)]
)
@pytest.mark.parametrize("device", ["processor", "as on a GPU"])
def test_gradient_checkpointing_changes_no_weight(packing, dtype, device, monkeypatch):
    if device != "processor":
        if packing == "off" or dtype != "float32":
            pytest.skip("once is enough")
        for module in ("dropout", "fused_attention"):
            name = f"kbert.backend.{module}.computes_on_processor"
            monkeypatch.setattr(name, lambda values: False)
    if dtype != "float32" and keras.backend.backend() == "jax":
        pytest.skip("JAX rounds to bfloat16 in other places then")
    texts = ["a b c", "d d a", "b", "c a b d a"] * 4
    labels = Labels(("no", "yes"))
    examples = Examples(texts, label_ids=np.array([1, 0, 1, 0] * 4, np.int32), labels=labels)
    plan = TrainingPlan(examples=16, batch_size=8, epochs=2, learning_rate=1e-2)
    trained = []
    for checkpointing in (False, True):
        keras.utils.set_random_seed(1)
        # Dropout drawn a second time for the gradient would change it.
        sizes = {**TINY, "num_layers": 3, "dropout": 0.3}
        model = BertClassifier(sizes, labels, TOKENIZER, max_length=12, dtype=dtype)
        model.gradient_checkpointing = checkpointing
        model.compile(optimizer=create_optimizer(plan))
        model.fit(model.batches(examples, plan, packing=packing), epochs=2, verbose=0)
        trained.append([keras.ops.convert_to_numpy(weight) for weight in model.weights])
    for kept, recomputed in zip(*trained, strict=True):
        np.testing.assert_allclose(recomputed, kept, rtol=0, atol=2e-5)
