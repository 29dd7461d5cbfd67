import keras
import numpy as np
import pytest
from keras import ops

from kbert import BertClassifier, InputError, TokenDropout, Tokenizer, read_examples
from kbert.models.dropped_tokens import DroppedTokens

pytestmark = pytest.mark.keras

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def test_tokens_are_replaced_only_in_training(tiny_model, reviews):
    model = tiny_model()
    assert TokenDropout(0.25)(model) is model
    tokenizer, layer = model.tokenizer, model.dropped_tokens
    inputs = model.batches(read_examples(reviews), batch_size=106)[0][0]
    ids = np.tile(inputs["token_ids"], (10, 1))
    assert (ops.convert_to_numpy(layer(ids)) == ids).all()
    first, second = (ops.convert_to_numpy(layer(ids, training=True)) for _ in range(2))
    assert (first != second).any()
    specials = np.isin(ids, [tokenizer.ids[name] for name in ("[PAD]", "[CLS]", "[SEP]")])
    changed = first != ids
    assert not changed[specials].any()
    assert (first[changed] == tokenizer.ids["[MASK]"]).all()
    assert changed[~specials].mean() == pytest.approx(0.25, abs=0.02)  # of 7,000 tokens and more
    assert (~specials).sum() > 5000


def test_a_model_drops_tokens_only_in_training(tiny_model):
    model = tiny_model(all_dropout=0.0)
    inputs = model.batches(read_examples((["A moving story."] * 4, ["good", "bad"] * 2)))[0][0]
    before = ops.convert_to_numpy(model(inputs))
    TokenDropout(0.5)(model)
    np.testing.assert_array_equal(ops.convert_to_numpy(model(inputs)), before)
    assert (ops.convert_to_numpy(model(inputs, training=True)) != before).any()
    seeds = model.dropped_tokens.seed_generator.state
    assert any(seeds is variable for variable in model.non_trainable_variables)


def test_it_takes_effect_after_a_fit_too(tiny_model):
    """TensorFlow would go on with the step that it traced in the first `fit`."""
    model = tiny_model(all_dropout=0.0, dropout=0.0)
    model.compile(keras.optimizers.SGD(0.0))

    def loss():
        history = model.fit(["A moving story."] * 4, ["good", "bad"] * 2, verbose=0)
        return history.history["loss"][-1]

    first = loss()
    assert loss() == first
    TokenDropout(0.5)(model)
    assert loss() != first


def test_a_keras_file_keeps_token_dropout_and_a_folder_does_not(tiny_model, tmp_path):
    model = tiny_model()
    TokenDropout(0.25)(model)
    model.save(tmp_path / "model.keras")
    assert BertClassifier.load(tmp_path / "model.keras").dropped_tokens.rate == 0.25
    model.save_to(tmp_path / "folder")
    assert BertClassifier.load(tmp_path / "folder").dropped_tokens is None


def test_a_vocabulary_without_mask_is_refused():
    tokenizer = Tokenizer([*SPECIALS[:4], "word"])
    with pytest.raises(
        InputError, match=r"The vocabulary has no \[MASK\], which replaces dropped tokens"
    ):
        DroppedTokens(0.1, tokenizer)


@pytest.mark.parametrize("rate", [0, 1, -0.1, float("nan")])
def test_a_rate_out_of_range_is_refused(rate):
    with pytest.raises(InputError, match="`rate` must be above 0 and below 1. Received: "):
        TokenDropout(rate)
