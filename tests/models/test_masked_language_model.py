"""The model that predicts masked tokens: its numbers match those of transformers and NumPy."""

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from kbert import Tokenizer, TokenStore, find_source
from kbert.backend.batch_share import BatchShare
from kbert.data.masked_batches import MaskedBatches
from kbert.data.masking import Masking
from kbert.data.reading.examples import Examples
from kbert.interop.write_masked_model import write_masked_model
from kbert.models.backbones import load_backbone
from kbert.models.masked_language_model import MaskedLanguageModel
from kbert.models.variables import to_arrays

pytestmark = pytest.mark.keras

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghij", "##b", "##c"]
REFERENCE = Path(__file__).parents[1] / "data" / "reference"
TEXTS = ["a b c d e f g h", "abc d e", "i j abcb a", "f g", "h", "a a a b b b c c c d d d"]


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    """A folder written by transformers, and its model."""
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(PIECES),
        num_hidden_layers=2,
        hidden_size=16,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
        initializer_range=0.5,
    )
    model = transformers.BertForMaskedLM(config).eval()
    with torch.no_grad():
        model.cls.predictions.bias.normal_()
        model.cls.predictions.transform.LayerNorm.bias.normal_()
    model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    return folder, model


@pytest.fixture(scope="module")
def masked():
    return batches_of(Tokenizer(PIECES))


def batches_of(tokenizer, **settings):
    store = TokenStore.build(Examples(TEXTS), tokenizer, 16)
    return MaskedBatches(store, Masking(tokenizer), 4, **settings)


def logits_of(model, inputs):
    """Return the logits of a transformers model at the positions to predict."""
    import torch

    with torch.no_grad():
        every = model(
            input_ids=torch.tensor(inputs["token_ids"]).long(),
            token_type_ids=torch.tensor(inputs["segment_ids"]).long(),
            attention_mask=torch.tensor(inputs["padding_mask"]).long(),
        ).logits.numpy()
    return np.take_along_axis(every, inputs["mask_positions"][:, :, None], 1)


@pytest.mark.any_backend
def test_logits_match_transformers(bert, masked):
    folder, theirs = bert
    model = MaskedLanguageModel.from_preset(str(folder))
    for index in range(len(masked)):
        inputs, *_ = masked[index]
        np.testing.assert_allclose(
            model.predict_on_batch(inputs), logits_of(theirs, inputs), atol=2e-5
        )


@pytest.mark.any_backend  # only arrays are written
def test_written_folders_load_in_transformers(bert, masked, tmp_path):
    transformers = pytest.importorskip("transformers")
    folder, theirs = bert
    model = MaskedLanguageModel.from_preset(str(folder))
    for folder in (tmp_path / "one", tmp_path / "two"):
        write_masked_model(
            folder, model.get_config(), to_arrays(model.weights), model.tokenizer, max_length=16
        )
        model = MaskedLanguageModel.from_preset(str(folder))
    loaded = transformers.AutoModelForMaskedLM.from_pretrained(folder).eval()
    inputs, *_ = masked[0]
    np.testing.assert_allclose(logits_of(loaded, inputs), logits_of(theirs, inputs), atol=1e-6)
    assert find_source(folder).max_length() == 16
    assert find_source(folder).tokenizer().vocabulary == tuple(PIECES)


@pytest.mark.any_backend
def test_the_head_of_a_google_release():
    """Compared with NumPy, from what Google's own code computed for all tokens."""
    computed = np.load(REFERENCE / "logits.npz")
    head = find_source(REFERENCE / "tiny_checkpoint").masked_head()
    bare = {name.removeprefix("masked_lm_head/"): array for name, array in head.items()}
    rows = np.asarray(computed["sequence_output"], np.float64)[:, :4]
    inner = rows @ bare["intermediate_dense/kernel"] + bare["intermediate_dense/bias"]
    inner = 0.5 * inner * (1 + np.tanh(np.sqrt(2 / np.pi) * (inner + 0.044715 * inner**3)))
    inner -= inner.mean(-1, keepdims=True)
    inner /= np.sqrt((inner**2).mean(-1, keepdims=True) + 1e-12)
    inner = inner * bare["intermediate_layer_norm/gamma"] + bare["intermediate_layer_norm/beta"]
    model = MaskedLanguageModel.from_preset(str(REFERENCE / "tiny_checkpoint"))
    table = to_arrays(model.weights)["token_embedding/embeddings"]
    inputs = {
        "token_ids": computed["input_ids"],
        "segment_ids": computed["segment_ids"],
        "padding_mask": computed["input_mask"],
        "mask_positions": np.tile(np.arange(4, dtype=np.int32), (len(rows), 1)),
    }
    np.testing.assert_allclose(
        model.predict_on_batch(inputs), inner @ table.T + bare["output_bias"], atol=2e-5
    )


def log_softmax(logits):
    logits = np.asarray(logits, np.float64)
    logits = logits - logits.max(-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def test_loss_and_accuracy_are_means_over_all_masked_tokens(bert, masked):
    folder, _ = bert
    model = MaskedLanguageModel.from_preset(str(folder))
    model.compile(optimizer="sgd")
    losses, hits = [], []
    for index in range(len(masked)):
        inputs, targets, weights = masked[index]
        logits = model.predict_on_batch(inputs)
        for row, slot in zip(*np.nonzero(weights), strict=True):
            target = targets[row, slot]
            losses.append(-log_softmax(logits[row, slot])[target])
            hits.append(logits[row, slot].argmax() == target)
    assert len(masked) == 2
    assert len(losses) > 6
    scores = model.evaluate(masked, verbose=0, return_dict=True)
    assert scores["masked_loss"] == pytest.approx(np.mean(losses), rel=1e-5)
    assert scores["accuracy"] == pytest.approx(np.mean(hits), rel=1e-6)


def test_the_loss_of_a_step_is_the_mean_over_its_masked_tokens(bert, masked):
    folder, _ = bert
    model = MaskedLanguageModel.from_preset(str(folder))
    model.compile(optimizer="sgd")
    inputs, targets, weights = masked[0]
    logits = log_softmax(model.predict_on_batch(inputs))
    found = -np.take_along_axis(logits, targets[:, :, None], 2)[:, :, 0]
    loss = model.test_on_batch(inputs, targets, weights, return_dict=True)["loss"]
    assert float(loss) == pytest.approx((found * weights).sum() / weights.sum(), rel=1e-5)


@pytest.mark.any_backend
def test_packed_rows_have_the_same_masked_tokens_and_the_same_loss(bert):
    model = MaskedLanguageModel.from_preset(str(bert[0]))
    texts = [text for n in range(10) for text in (*TEXTS, " ".join("jihgfedcba"[n % 5 :]))][:64]
    store = TokenStore.build(Examples(texts), model.tokenizer, 16)
    scores, found, rows = [], [], []
    for order in ("given", "packed"):
        batches = MaskedBatches(store, Masking(model.tokenizer), 16, order=order)
        model.compile(optimizer="sgd")
        scores.append(model.evaluate(batches, verbose=0, return_dict=True))
        pairs = []  # each masked token, and its logit
        for index in range(len(batches)):
            inputs, targets, weights = batches[index]
            logits = np.asarray(model.predict_on_batch(inputs))
            rows.append(len(logits))
            for row, slot in zip(*np.nonzero(weights), strict=True):
                pairs.append((targets[row, slot], logits[row, slot, targets[row, slot]]))
        found.append(np.array(sorted(pairs)))
    assert rows[0] == 16
    assert rows[4] < 8
    assert len(found[0]) > len(texts)
    np.testing.assert_allclose(found[0], found[1], atol=1e-4)
    assert scores[0]["masked_loss"] == pytest.approx(scores[1]["masked_loss"], rel=1e-4)
    assert scores[0]["accuracy"] == pytest.approx(scores[1]["accuracy"], rel=1e-6)


def test_batches_of_other_widths_than_the_first_two(bert):
    """TensorFlow expects in all batches the dimensions that the first two have in common."""
    model = MaskedLanguageModel.from_preset(str(bert[0]))
    model.compile(optimizer="sgd")
    texts = ["a b", "c d e f g h i j", *[" ".join("abcdefghij" * 3)[: 2 * n] for n in (14, 29)]]
    store = TokenStore.build(Examples(texts), model.tokenizer, 32)
    for order in ("given", "packed"):
        batches = MaskedBatches(store, Masking(model.tokenizer), 1, order=order)
        assert batches[0][1].shape != batches[1][1].shape
        assert np.isfinite(model.evaluate(batches, verbose=0, return_dict=True)["loss"])


@pytest.mark.parametrize("order", ["shuffled", "packed"])
def test_fit_trains_all_but_the_pooler(bert, order):
    keras.utils.set_random_seed(0)
    model = MaskedLanguageModel.from_preset(str(bert[0]))
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    batches = batches_of(model.tokenizer, order=order)
    before = to_arrays(model.weights)
    history = model.fit(batches, epochs=30, verbose=0).history
    after = to_arrays(model.weights)
    same = {name for name in before if np.array_equal(before[name], after[name])}
    assert same == {"pooled_dense/kernel", "pooled_dense/bias"}
    assert np.mean(history["masked_loss"][-5:]) < 0.7 * np.mean(history["masked_loss"][:5])


@pytest.mark.any_backend  # only arrays are read
def test_a_preset_without_the_head_gets_a_new_one(bert, tmp_path, capsys):
    from safetensors.numpy import load_file, save_file

    folder, _ = bert
    bare = tmp_path / "bare"
    shutil.copytree(folder, bare)
    arrays = load_file(folder / "model.safetensors")
    kept = {n: array for n, array in arrays.items() if not n.startswith("cls.")}
    save_file(kept, bare / "model.safetensors")
    keras.utils.set_random_seed(0)
    model = MaskedLanguageModel.from_preset(str(bare))
    assert "no head for masked tokens" in capsys.readouterr().out
    whole = MaskedLanguageModel.from_preset(str(folder))
    assert "no head" not in capsys.readouterr().out
    ours, theirs = to_arrays(model.weights), to_arrays(whole.weights)
    head = [name for name in ours if name.startswith("masked_lm_head/")]
    assert len(head) == 5
    assert not np.array_equal(
        ours["masked_lm_head/intermediate_dense/kernel"],
        theirs["masked_lm_head/intermediate_dense/kernel"],
    )
    np.testing.assert_array_equal(
        ours["token_embedding/embeddings"], theirs["token_embedding/embeddings"]
    )


@pytest.mark.any_backend  # only arrays are read
def test_an_untied_head_is_not_read(bert, tmp_path):
    folder = tmp_path / "untied"
    shutil.copytree(bert[0], folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "tie_word_embeddings": False}))
    assert find_source(folder).masked_head() is None
    assert find_source(bert[0]).masked_head() is not None


@pytest.mark.any_backend  # no number is computed
def test_config(bert):
    model = MaskedLanguageModel.from_preset(str(bert[0]))
    again = MaskedLanguageModel.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    shapes = {n: a.shape for n, a in to_arrays(model.weights).items()}
    assert {n: a.shape for n, a in to_arrays(again.weights).items()} == shapes


def test_gradient_checkpointing_computes_the_same(bert, masked):
    losses = []
    for recompute in (False, True):
        keras.utils.set_random_seed(0)
        model = MaskedLanguageModel.from_preset(str(bert[0]))
        model.gradient_checkpointing = recompute
        model.compile(optimizer="sgd")
        inputs, targets, weights = masked[0]
        losses += [float(model.train_on_batch(inputs, targets, weights)[0]) for _ in range(2)][1:]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@pytest.mark.any_backend  # only arrays are compared
def test_a_classifier_can_take_the_encoder(bert):
    from kbert import BertClassifier

    model = BertClassifier.from_preset(str(bert[0]), ["x", "y"], max_length=16)
    backbone, _ = load_backbone(find_source(bert[0]))
    ours, theirs = to_arrays(model.backbone.weights), to_arrays(backbone.weights)
    for name in theirs:
        if "pooled_dense" not in name:
            np.testing.assert_array_equal(ours[name], theirs[name])


@pytest.mark.any_backend  # only arrays are compared
@pytest.mark.parametrize("order", ["given", "packed"])
def test_processes_share_a_batch(order):
    whole, parts = (batches_of(Tokenizer(PIECES), order=order) for _ in range(2))
    inputs, targets, weights = whole[0]
    rows, shares = len(targets), []
    for process in range(2):
        parts.share = BatchShare(devices=6, processes=2, process=process)
        shares.append(parts[0])
    for name, array in inputs.items():
        together = np.concatenate([share[0][name] for share in shares])
        np.testing.assert_array_equal(together[:rows], array)
    together = np.concatenate([share[2] for share in shares])
    np.testing.assert_array_equal(together[:rows], weights)
    assert len(together) % 6 == 0
    assert not together[rows:].any()  # rows that fill up the batch have weight 0
    np.testing.assert_array_equal(np.concatenate([share[1] for share in shares])[:rows], targets)
