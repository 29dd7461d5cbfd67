"""Folders read only for their encoder, or with another kind of head, against transformers."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from kbert import BertClassifier, KbertError, find_source
from kbert.interop.hugging_face import read_hugging_face
from tests.interop.tiny_transformers import write_tiny

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]

SIZES = {
    **{"vocab_size": 120, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2},
    **{"intermediate_size": 64, "max_position_embeddings": 40},
}
IDS = np.random.default_rng(0).integers(5, 120, (4, 16)).astype("int32")
INPUTS = {
    "token_ids": IDS,
    "segment_ids": np.repeat([[0] * 9 + [1] * 7], 4, 0).astype("int32"),
    "padding_mask": np.ones((4, 16), "int32"),
}


def make(folder, kind, **changes):
    """Write a tiny model with random weights, and return it."""
    return write_tiny(folder, kind, **{**SIZES, **changes})


def sequence_of(model):
    with torch.no_grad():
        ids, segments, mask = (torch.tensor(array).long() for array in INPUTS.values())
        encoder = getattr(model, "bert", model)
        return encoder(ids, token_type_ids=segments, attention_mask=mask).last_hidden_state.numpy()


def outputs_of(folder):
    model = BertClassifier.from_preset(str(folder), labels=["a", "b"], max_length=16)
    return model, model.backbone.predict(INPUTS, verbose=0)


@pytest.mark.parametrize(
    "kind", ["BertForMaskedLM", "BertForTokenClassification", "BertForQuestionAnswering"]
)
def test_an_encoder_without_a_pooler_gets_a_new_one(kind, tmp_path, capsys):
    import keras

    keras.utils.set_random_seed(1)  # Keras on torch leaves four of a million values untruncated
    theirs = make(tmp_path, kind)
    model, outputs = outputs_of(tmp_path)
    np.testing.assert_allclose(outputs["sequence_output"], sequence_of(theirs), atol=1e-5)
    printed = capsys.readouterr().out
    assert printed.count("has no pooler: training starts with a new one.") == 1
    kernel, bias = model.backbone.pooled_dense.get_weights()
    assert not bias.any()
    assert 0.014 < kernel.std() < 0.021  # normal of std 0.02, truncated at 2 std
    assert abs(kernel).max() < 0.0401


def test_the_new_pooler_depends_on_the_seed(tmp_path):
    import keras

    make(tmp_path, "BertForMaskedLM")
    kernels = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        kernels.append(outputs_of(tmp_path)[0].backbone.pooled_dense.get_weights()[0])
    assert np.array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])


def test_an_incomplete_pooler_is_refused(tmp_path):
    make(tmp_path, "BertModel")
    file = tmp_path / "model.safetensors"
    arrays = load_file(file)
    del arrays["pooler.dense.weight"]
    save_file(arrays, file)
    with pytest.raises(KbertError, match=r"missing: pooler.dense.weight\."):
        read_hugging_face(tmp_path)


HEADS = {
    "ranks": (
        "BertForSequenceClassification",
        {"num_labels": 3, "problem_type": "ranks"},
        "trained for 'ranks'",
    ),
    "tokens": ("BertForTokenClassification", {"num_labels": 5}, "predicts labels for tokens"),
    "choice": ("BertForMultipleChoice", {}, "predicts a choice between texts"),
    "answers": ("BertForQuestionAnswering", {}, "without a classification head"),
    "masked": ("BertForMaskedLM", {}, "without a classification head"),
    "next": ("BertForNextSentencePrediction", {}, "without a classification head"),
}


@pytest.mark.parametrize("case", HEADS)
def test_an_unusable_head_is_left_behind(case, tmp_path, capsys):
    kind, changes, message = HEADS[case]
    theirs = make(tmp_path, kind, **changes)
    _, outputs = outputs_of(tmp_path)
    np.testing.assert_allclose(outputs["sequence_output"], sequence_of(theirs), atol=1e-5)
    printed = capsys.readouterr().out
    assert printed.count("Left behind: ") == 1
    with pytest.raises(KbertError, match=message):
        BertClassifier.load(tmp_path)


def test_a_token_classifier_without_architectures_is_refused(tmp_path):
    make(tmp_path, "BertForTokenClassification", num_labels=3)
    change(tmp_path, architectures=None)
    with pytest.raises(KbertError, match="has no pooler, so its head does not classify texts"):
        BertClassifier.load(tmp_path)


def change(folder, *without, **fields):
    file = folder / "config.json"
    config = {**json.loads(file.read_text()), **fields}
    file.write_text(json.dumps({n: v for n, v in config.items() if n not in without}))


@pytest.mark.parametrize(
    ("without", "fields", "labels"),
    [
        (["id2label", "label2id"], {}, ("LABEL_0", "LABEL_1", "LABEL_2")),
        (["id2label", "label2id"], {"num_labels": 3}, ("LABEL_0", "LABEL_1", "LABEL_2")),
        (["model_type", "architectures"], {}, ("LABEL_0", "LABEL_1", "LABEL_2")),
        ([], {"id2label": {"0": "x", "1": "y", "2": "z"}}, ("x", "y", "z")),
    ],
    ids=["2019", "num_labels", "no-type", "names"],
)
def test_label_names_of_a_head(without, fields, labels, tmp_path):
    theirs = make(tmp_path, "BertForSequenceClassification", num_labels=3)
    change(tmp_path, *without, **fields)
    model = BertClassifier.load(tmp_path)
    assert model.labels.names == labels
    ids, segments, mask = (torch.tensor(array).long() for array in INPUTS.values())
    with torch.no_grad():
        expected = theirs(ids, token_type_ids=segments, attention_mask=mask).logits.numpy()
    np.testing.assert_allclose(model.predict(INPUTS, verbose=0), expected, atol=1e-5)


@pytest.mark.parametrize(
    "id2label",
    [{"0": "a", "1": "b"}, {"0": 0, "1": 1, "2": 2}, ["a", "b", "c"], {"1": "a"}, 3, "abc", {},
     {"0": "a", "1": "a", "2": "b"}, {"0": None, "1": "a", "2": "b"},
     {"0": ["a"], "1": "b", "2": "c"}],
    ids=str,
)  # fmt: skip
def test_a_head_with_invalid_label_names_needs_given_ones(id2label, tmp_path):
    make(tmp_path, "BertForSequenceClassification", num_labels=3)
    change(tmp_path, id2label=id2label)
    with pytest.raises(KbertError, match=r"has 3 classes, which need a name each.*id2label"):
        BertClassifier.load(tmp_path)
    names = ["x", "y", "z"]
    model = BertClassifier.from_preset(str(tmp_path), names, head="preset")
    assert model.labels.names == ("x", "y", "z")
    assert BertClassifier.from_preset(str(tmp_path), ["p", "q"]).labels.names == ("p", "q")


@pytest.mark.parametrize("dropout", ["0.1", True, 1, -0.1, {}, [0.1]], ids=str)
def test_an_invalid_dropout_is_refused(dropout, tmp_path):
    make(tmp_path, "BertForSequenceClassification")
    change(tmp_path, classifier_dropout=dropout)
    with pytest.raises(KbertError, match=r"classifier_dropout must be from 0 to below 1"):
        read_hugging_face(tmp_path)
    assert find_source(tmp_path).read(head=False).classes == 0


@pytest.mark.parametrize(
    ("kind", "prefix"),
    [
        ("BertForSequenceClassification", "module."),
        ("BertForSequenceClassification", "_orig_mod."),
        ("BertForSequenceClassification", "model."),
        ("BertForSequenceClassification", "_orig_mod.module."),
        ("BertModel", "module."),
        ("BertModel", "encoder."),
        ("BertModel", "model.bert."),
        ("BertModel", "0.auto_model."),
        ("BertForMaskedLM", "module."),
    ],
)
def test_prefixes_of_wrappers(kind, prefix, tmp_path):
    make(tmp_path, kind)
    before = read_hugging_face(tmp_path)
    file = tmp_path / "model.safetensors"
    arrays = {f"{prefix}{name}": array for name, array in load_file(file).items()}
    save_file({**arrays, "temperature": torch.ones(1)} if kind == "BertModel" else arrays, file)
    after = read_hugging_face(tmp_path)
    assert after.classes == before.classes
    assert list(after.arrays) == list(before.arrays)
    for name, array in after.arrays.items():
        assert np.array_equal(array, before.arrays[name])


def test_several_encoders_are_refused(tmp_path):
    make(tmp_path, "BertModel")
    file = tmp_path / "model.safetensors"
    arrays = load_file(file)
    save_file(
        {f"{p}.{n}": a.clone() for p in ("query", "passage") for n, a in arrays.items()}, file
    )
    with pytest.raises(KbertError, match=r"holds 2 BERTs, whose names begin with passage., query."):
        read_hugging_face(tmp_path)


def test_an_encoder_with_and_without_prefix_is_refused(tmp_path):
    """Without the prefix their names are equal, so that one would overwrite the other."""
    make(tmp_path, "BertForSequenceClassification")
    file = tmp_path / "model.safetensors"
    arrays = load_file(file)
    other = {n.removeprefix("bert."): a * 2 for n, a in arrays.items() if n.startswith("bert.")}
    save_file(arrays | other, file)
    with pytest.raises(KbertError, match=r"2 BERTs, whose names begin with nothing, bert\.;"):
        read_hugging_face(tmp_path)


def test_a_missing_weight_is_reported_with_a_similar_name(tmp_path):
    make(tmp_path, "BertModel")
    file = tmp_path / "model.safetensors"
    arrays = {n.replace("embeddings.", "embedding."): a for n, a in load_file(file).items()}
    save_file(arrays, file)
    message = (
        r"missing: embeddings.word_embeddings.weight \(found: embedding.word_embedding.weight\)"
    )
    with pytest.raises(KbertError, match=message):
        read_hugging_face(tmp_path)


def test_extra_layers_beside_a_head_are_refused(tmp_path):
    make(tmp_path, "BertForSequenceClassification")
    file = tmp_path / "model.safetensors"
    save_file({**load_file(file), "projection.weight": torch.ones(2, 2)}, file)
    with pytest.raises(KbertError, match=r"surplus: projection.weight\."):
        read_hugging_face(tmp_path)
    find_source(tmp_path).read(head=False)


def test_a_folder_of_pytorch_pretrained_bert(tmp_path):
    """The layout of 2019: bert_config.json beside pytorch_model.bin."""
    theirs = make(tmp_path, "BertModel")
    config = {
        n: v for n, v in json.loads((tmp_path / "config.json").read_text()).items() if n in SIZES
    }
    (tmp_path / "bert_config.json").write_text(json.dumps({**config, "hidden_act": "gelu"}))
    torch.save(load_file(tmp_path / "model.safetensors"), tmp_path / "pytorch_model.bin")
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).unlink()
    _, outputs = outputs_of(tmp_path)
    np.testing.assert_allclose(outputs["sequence_output"], sequence_of(theirs), atol=1e-5)


def test_import_keeps_an_encoder_without_a_pooler(tmp_path):
    from kbert.models.import_model import import_model

    (tmp_path / "a").mkdir()
    theirs = make(tmp_path / "a", "BertForMaskedLM")
    import_model(tmp_path / "a", tmp_path / "b")
    assert not read_hugging_face(tmp_path / "b").has_pooler
    _, outputs = outputs_of(tmp_path / "b")
    np.testing.assert_allclose(outputs["sequence_output"], sequence_of(theirs), atol=1e-5)
