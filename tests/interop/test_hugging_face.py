"""Folders written by transformers and read by kbert: both give the same logits."""

import json
import pickle
import re

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from kbert import BertClassifier, KbertError
from kbert.interop.hugging_face import read_hugging_face
from kbert.interop.sources import find_source
from kbert.models.build_classifier import build_classifier
from tests.interop.tiny_transformers import write_tiny

pytestmark = pytest.mark.keras

SIZES = {
    **{"vocab_size": 120, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2},
    **{"intermediate_size": 64, "max_position_embeddings": 40},
}
NAMES = {0: "sad", 1: "so so", 2: "glad"}


def make(folder, kind="BertForSequenceClassification", **changes):
    """Write a tiny model with random weights, including biases and norms, and return it."""
    settings = {**SIZES, "id2label": NAMES, "label2id": {n: i for i, n in NAMES.items()}, **changes}
    return write_tiny(folder, kind, **settings)


@pytest.fixture(scope="module")
def inputs():
    random = np.random.default_rng(0)
    ids = random.integers(5, 120, (4, 16)).astype("int32")
    lengths = np.array([16, 9, 3, 12])[:, None]
    mask = (np.arange(16) < lengths).astype("int32")
    segments = ((np.arange(16) >= lengths // 2) & (mask == 1)).astype("int32")
    return {"token_ids": ids * mask, "segment_ids": segments, "padding_mask": mask}


def logits_of(model, inputs):
    return model.predict(inputs, verbose=0)


def theirs_of(model, inputs):
    ids, segments, mask = (torch.tensor(array).long() for array in inputs.values())
    with torch.no_grad():
        return model(ids, token_type_ids=segments, attention_mask=mask).logits.numpy()


@pytest.mark.any_backend
@pytest.mark.parametrize("activation", ["gelu", "gelu_new"])
def test_logits_are_those_of_transformers(activation, inputs, tmp_path):
    theirs = make(tmp_path, hidden_act=activation)
    source = read_hugging_face(tmp_path)
    assert source.labels == ("sad", "so so", "glad")
    assert source.gelu == ("erf" if activation == "gelu" else "tanh")
    model = build_classifier(BertClassifier, source)
    assert model.labels.names == source.labels
    assert model.max_length == 40
    np.testing.assert_allclose(logits_of(model, inputs), theirs_of(theirs, inputs), atol=1e-5)


def unprefixed(file):
    arrays = load_file(file)
    save_file({name.removeprefix("bert."): array for name, array in arrays.items()}, file)


def old_names(file):
    arrays = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): array
        for name, array in load_file(file).items()
    }
    save_file({**arrays, "bert.embeddings.position_ids": torch.arange(40)[None]}, file)


def half_precision(file):
    save_file({name: array.to(torch.bfloat16) for name, array in load_file(file).items()}, file)


def pickled(file, **settings):
    torch.save(load_file(file), file.with_name("pytorch_model.bin"), **settings)
    file.unlink()


def pickled_before_1_6(file):
    pickled(file, _use_new_zipfile_serialization=False)


def beside_other_shards(file):
    whole = file.read_bytes()
    save_file({name: array * 2 for name, array in load_file(file).items()}, file)
    sharded(file)
    file.write_bytes(whole)


def pickled_beside_other_shards(file):
    pickled(file)
    other = torch.load(file.with_name("pytorch_model.bin"))
    torch.save({name: array * 2 for name, array in other.items()}, file.with_name("part.bin"))
    index = {"weight_map": dict.fromkeys(other, "part.bin")}
    file.with_name("pytorch_model.bin.index.json").write_text(json.dumps(index))


def sharded(file):
    arrays = load_file(file)
    names = {name: f"part-{number % 2}.safetensors" for number, name in enumerate(arrays)}
    for part in set(names.values()):
        save_file({n: a for n, a in arrays.items() if names[n] == part}, file.with_name(part))
    file.with_name("model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))
    file.unlink()


@pytest.mark.parametrize(
    ("change", "tolerance"),
    [
        *((unprefixed, 0), (old_names, 0), (pickled, 0), (sharded, 0), (half_precision, 0.02)),
        *((pickled_before_1_6, 0), (beside_other_shards, 0), (pickled_beside_other_shards, 0)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_other_forms_of_the_same_weights(change, tolerance, tmp_path):
    make(tmp_path)
    before = read_hugging_face(tmp_path).arrays
    change(tmp_path / "model.safetensors")
    after = read_hugging_face(tmp_path).arrays
    assert list(after) == list(before)
    for name, array in after.items():
        assert array.dtype == np.float32
        np.testing.assert_allclose(array, before[name], atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("kind", ["BertModel", "BertForPreTraining"])
def test_an_encoder_gets_a_new_head(kind, inputs, tmp_path):
    theirs = make(tmp_path, kind)
    source = read_hugging_face(tmp_path)
    assert (source.classes, source.labels) == (0, None)
    assert any("pretraining" in note for note in source.notes) == (kind == "BertForPreTraining")
    with pytest.raises(
        KbertError, match=r"without a classification head. To train one on it: kbert.train"
    ):
        build_classifier(BertClassifier, source)
    model = BertClassifier.from_preset(str(tmp_path), ["a", "b"], max_length=16)
    pooled = model.backbone.predict(inputs, verbose=0)["pooled_output"]
    ids, segments, mask = (torch.tensor(array).long() for array in inputs.values())
    encoder = theirs if kind == "BertModel" else theirs.bert
    with torch.no_grad():
        expected = encoder(ids, token_type_ids=segments, attention_mask=mask).pooler_output
    np.testing.assert_allclose(pooled, expected.numpy(), atol=1e-5)


def without(name):
    def change(arrays):
        del arrays[name]

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without("bert.pooler.dense.bias"), "missing: pooler.dense.bias."),
        (lambda arrays: arrays.update({"bert.more": torch.ones(2)}), "surplus: more."),
        (
            lambda arrays: arrays.update({"classifier.weight": torch.ones(4, 32)}),
            "classifier.bias: expected (4,), received (3,).",
        ),
    ],
    ids=["missing", "surplus", "misshapen"],
)
def test_weights_that_do_not_fit_are_named(change, message, tmp_path):
    make(tmp_path)
    file = tmp_path / "model.safetensors"
    arrays = load_file(file)
    change(arrays)
    save_file(arrays, file)
    with pytest.raises(KbertError, match=re.escape(message)):
        read_hugging_face(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"problem_type": "ranks"}, "trained for 'ranks'; kbert supports single_label_class"),
        (
            {"id2label": {"1": "a", "2": "b", "3": "c"}},
            "id2label must name the classes, starting at 0",
        ),
        ({"id2label": ["a"]}, "id2label must name the classes, starting at 0"),
        ({"id2label": {"0": "a", "1": "a"}}, "two classes different names"),
        ({"id2label": {"0": 1, "1": 2}}, "two classes different names"),
        ({"hidden_act": "relu"}, "hidden_act must be one of gelu, "),
        ({"position_embedding_type": "relative_key"}, "must be absolute. Received: 'relative_key'"),
        ({"hidden_size": None}, "hidden_dim must be a whole number"),
    ],
    ids=str,
)
def test_other_models_are_refused(changes, message, tmp_path):
    make(tmp_path)
    file = tmp_path / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
    with pytest.raises(KbertError, match=message):
        read_hugging_face(tmp_path)


class Harmful:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_a_pickle_that_runs_something_is_refused(tmp_path):
    make(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    sentinel = tmp_path / "ran"
    for harmful in ({"classifier.bias": Harmful(sentinel)}, [1, 2]):
        torch.save(harmful, tmp_path / "pytorch_model.bin")
        with pytest.raises(KbertError, match=r"pytorch_model.bin.*(not read|tensors by their)"):
            read_hugging_face(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps(Harmful(sentinel)))
    with pytest.raises(KbertError, match=r"is broken or holds something other than tensors"):
        read_hugging_face(tmp_path)
    assert not sentinel.exists()


def test_a_pickle_that_claims_more_than_it_holds_is_refused(tmp_path):
    make(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    huge = torch.zeros(1).expand(10**9, 64)
    torch.save({"bert.embeddings.word_embeddings.weight": huge}, tmp_path / "pytorch_model.bin")
    with pytest.raises(KbertError, match=r"claims 64,000,000,000 numbers, but its files hold"):
        read_hugging_face(tmp_path)


@pytest.mark.parametrize("ending", [".safetensors", ".bin"])
def test_a_missing_shard_is_named(ending, tmp_path):
    make(tmp_path)
    stem = "model" if ending == ".safetensors" else "pytorch_model"
    (tmp_path / "model.safetensors").unlink()
    index = {"weight_map": {"a": f"1{ending}", "b": f"2{ending}"}}
    (tmp_path / f"{stem}{ending}.index.json").write_text(json.dumps(index))
    (tmp_path / f"1{ending}").touch()
    with pytest.raises(KbertError, match=rf"names 2 files, of which 2{ending} is missing. Cure"):
        read_hugging_face(tmp_path)


@pytest.mark.parametrize(
    ("held", "received"),
    [
        ([torch.ones(1)], "list"),
        ({"state_dict": {"a": torch.ones(1)}}, "dict as 'state_dict'"),
        ({"a": torch.ones(1), "epoch": 3}, "int as 'epoch'"),
    ],
    ids=["a list", "a trainer's", "more than weights"],
)
def test_the_content_of_an_unusable_pickle_is_named(held, received, tmp_path):
    make(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    torch.save(held, tmp_path / "pytorch_model.bin")
    with pytest.raises(KbertError, match=rf"Received: {received}\. Cure: .*save_pretrained"):
        read_hugging_face(tmp_path)


def test_the_cure_never_suggests_running_a_pickles_code(tmp_path):
    theirs = make(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    torch.save(theirs, tmp_path / "pytorch_model.bin")
    with pytest.raises(KbertError, match=r"is not read\. Cure: .*save_pretrained") as refusal:
        read_hugging_face(tmp_path)
    assert "weights_only" not in str(refusal.value)


def test_8_bit_floats_are_refused(tmp_path):
    make(tmp_path)
    file = tmp_path / "model.safetensors"
    save_file({n: a.to(torch.float8_e4m3fn) for n, a in load_file(file).items()}, file)
    with pytest.raises(KbertError, match=r"holds F8_E4M3; floats were expected\."):
        read_hugging_face(tmp_path)


@pytest.mark.parametrize("name", ["tf_model.h5", "flax_model.msgpack", "model.fp16.safetensors"])
def test_unsupported_weight_files_are_named(name, tmp_path):
    make(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / name)
    with pytest.raises(KbertError, match=rf"holds no weights .*; {name} is not read. Cure: write"):
        read_hugging_face(tmp_path)


def test_an_adapter_is_refused(tmp_path):
    """With PEFT, transformers loads the model that the adapter names, not the one beside it."""
    make(tmp_path)
    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": "b"}')
    for there in (True, False):
        with pytest.raises(KbertError, match=r"holds an adapter .*, not a model. Cure: merge it"):
            find_source(tmp_path)
        if there:
            (tmp_path / "config.json").unlink()


@pytest.mark.parametrize(
    ("config", "equal"),
    [
        ({}, True),
        ({"tokenizer_class": "BertTokenizer"}, True),
        ({"tokenizer_class": "DistilBertTokenizer"}, False),
        ({"model_input_names": ["input_ids", "attention_mask"]}, False),
        ({"model_input_names": ["input_ids", "token_type_ids", "attention_mask"]}, True),
    ],
    ids=str,
)
def test_a_note_says_if_segments_of_pairs_differ_from_transformers(config, equal, tmp_path):
    make(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)("piece1", "piece2 piece3")
    [(ids, first)] = (
        find_source(tmp_path).tokenizer().encode(["piece1"], ["piece2 piece3"], max_length=16)
    )
    ours = [0] * first + [1] * (len(ids) - first)
    assert theirs["input_ids"] == ids
    assert (theirs.get("token_type_ids", [0] * len(ids)) == ours) == equal
    told = [note for note in read_hugging_face(tmp_path).notes if note.startswith("Pairs: ")]
    assert len(told) == (0 if equal else 1)
    without_head = find_source(tmp_path).read(head=False)
    assert not any(note.startswith("Pairs: ") for note in without_head.notes)
