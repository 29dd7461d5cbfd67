"""Every field of a configuration is honoured, refused or known to be without effect."""

import json
import re
from pathlib import Path

import pytest
import transformers

from kbert.errors import InputError
from kbert.interop.config_fields import GOOGLE, HUGGING_FACE, unknown_note
from kbert.interop.google import GoogleCheckpoint
from kbert.interop.hugging_face import GELU, HuggingFaceFolder

DOCUMENT = Path(__file__).parents[2] / "docs" / "import-export.md"
RELEASE = Path(__file__).parents[1] / "data" / "reference" / "tiny_checkpoint"
SIZES = {
    **{"vocab_size": 120, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2},
    "intermediate_size": 64,
}


def test_every_field_of_transformers_is_known():
    fields = transformers.BertConfig().to_dict() | transformers.PreTrainedConfig().to_dict()
    assert sorted(set(fields) - HUGGING_FACE.known) == []


def test_every_field_of_google_is_known():
    config = json.loads((RELEASE / "bert_config.json").read_text())
    assert sorted(set(config) - GOOGLE.known) == []


@pytest.mark.parametrize("fields", [HUGGING_FACE, GOOGLE], ids=["hugging-face", "google"])
def test_each_field_is_in_one_list(fields):
    lists = (fields.honoured, fields.accepted, fields.head, fields.without_effect)
    assert len(fields.known) == sum(map(len, lists))


@pytest.mark.parametrize(
    ("title", "fields"),
    [("config.json of Hugging Face", HUGGING_FACE), ("bert_config.json of Google", GOOGLE)],
    ids=["hugging-face", "google"],
)
def test_the_documentation_lists_the_fields(title, fields):
    text = DOCUMENT.read_text(encoding="utf-8")
    section = text.split(f"### Fields of {title}\n")[1].split("\n#")[0]
    rows = [line.split("|")[1:3] for line in section.splitlines() if line.startswith("| ")][1:]
    listed = {treatment.strip(): set(re.findall("`([^`]+)`", names)) for treatment, names in rows}
    refused = {name for name in listed["refused"] if not name.startswith("=")}
    assert listed["honoured"] == fields.honoured
    assert refused == fields.accepted.keys()
    assert listed.get("honoured with the head", set()) == fields.head
    assert listed["without effect"] == fields.without_effect


def folder_with(tmp_path, name="config.json", **fields):
    (tmp_path / name).write_text(json.dumps({"model_type": "bert", **SIZES, **fields}))
    return HuggingFaceFolder(str(tmp_path))


def test_defaults(tmp_path):
    sizes, gelu = folder_with(tmp_path).sizes()
    assert gelu == "erf"
    assert sizes == {
        **{"vocabulary_size": 120, "num_layers": 2, "num_heads": 2, "hidden_dim": 32},
        **{"intermediate_dim": 64, "dropout": 0.1, "max_sequence_length": 512, "num_segments": 2},
    }


def test_a_config_written_by_transformers_is_accepted(tmp_path):
    transformers.BertConfig(**SIZES).save_pretrained(tmp_path)
    HuggingFaceFolder(str(tmp_path)).sizes()


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ({"layer_norm_eps": 1e-5}, {"layer_norm_epsilon": 1e-5}),
        ({"attention_probs_dropout_prob": 0.0}, {"attention_dropout": 0.0}),
        ({"hidden_dropout_prob": 0.2}, {"dropout": 0.2, "attention_dropout": 0.1}),
        ({"type_vocab_size": 1}, {"num_segments": 1}),
        ({"is_decoder": None, "pruned_heads": {}}, {}),
    ],
    ids=str,
)
def test_honoured(field, expected, tmp_path):
    usual = folder_with(tmp_path).sizes()[0]
    assert folder_with(tmp_path, **field).sizes()[0] == {**usual, **expected}


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"is_decoder": True}, "is_decoder must be false. Received: True"),
        ({"is_decoder": 1}, "is_decoder must be false. Received: 1"),
        ({"is_decoder": "no"}, "is_decoder must be false. Received: 'no'"),
        ({"add_cross_attention": True}, "add_cross_attention must be false"),
        ({"is_encoder_decoder": True}, "is_encoder_decoder must be false"),
        ({"position_embedding_type": "alibi"}, "position_embedding_type must be absolute"),
        ({"position_embedding_type": "relative_key_query"}, "must be absolute"),
        ({"pruned_heads": {"0": [1]}}, r"pruned_heads must be \{\}"),
        ({"quantization_config": {"load_in_8bit": True}}, "quantization_config must be null"),
        ({"auto_map": {"AutoModel": "mine.Model"}}, "auto_map must be null"),
        ({"layer_norm_eps": 0}, "layer_norm_eps must be a fraction between 0 and 1"),
        ({"layer_norm_eps": "1e-12"}, "layer_norm_eps must be .* Received: '1e-12'"),
        ({"layer_norm_eps": None}, "layer_norm_eps must be .* Received: None"),
        ({"attention_probs_dropout_prob": "0.1"}, "attention_probs_dropout_prob must be from 0"),
        ({"hidden_dropout_prob": True}, "dropout must be from 0"),
        ({"hidden_act": "gelu_10"}, "hidden_act must be one of"),
        ({"hidden_act": "quick_gelu"}, "hidden_act must be one of"),
        ({"type_vocab_size": 0}, "num_segments must be a whole number"),
    ],
    ids=str,
)
def test_refused_by_name(field, message, tmp_path):
    with pytest.raises(InputError, match=message):
        folder_with(tmp_path, **field).sizes()


def test_activations_are_those_of_transformers():
    import torch
    from transformers.activations import ACT2CLS, get_activation

    x = torch.linspace(-12, 12, 2001, dtype=torch.float64)
    forms = {
        "erf": torch.nn.functional.gelu(x),
        "tanh": torch.nn.functional.gelu(x, approximate="tanh"),
    }
    for name in [n for n in ACT2CLS if "gelu" in n]:
        computed = get_activation(name)(x)
        near = {
            form for form, values in forms.items() if torch.allclose(values, computed, atol=1e-9)
        }
        assert near == ({GELU[name]} if name in GELU else set()), name


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"hidden_act": "relu"}, "hidden_act must be gelu"),
        ({"hidden_act": None}, "hidden_act must be gelu"),
        ({"hidden_act": ["gelu"]}, "hidden_act must be gelu"),
        ({"layer_norm_eps": 1e-5}, "layer_norm_eps must be 1e-12. Received: 1e-05"),
    ],
    ids=str,
)
def test_refused_for_google(field, message, tmp_path):
    (tmp_path / "bert_config.json").write_text(json.dumps({**SIZES, **field}))
    with pytest.raises(InputError, match=message):
        GoogleCheckpoint(str(tmp_path)).sizes()


def test_google_activation_names_ignore_case(tmp_path):
    (tmp_path / "bert_config.json").write_text(json.dumps({**SIZES, "hidden_act": "GELU"}))
    assert GoogleCheckpoint(str(tmp_path)).sizes()[1] == "tanh"


def test_unknown_fields_are_named():
    unknown = HUGGING_FACE.check({"mine": 1, "vocab_size": 3}, Path("config.json"))
    assert unknown == ["mine"]
    assert unknown_note(unknown, Path("a/config.json")) == (
        "Ignored fields of config.json, which are not BERT's: mine.",
    )
    assert unknown_note(list("abcdefg"), Path("c"))[0].endswith("a, b, c, d, e and 2 more.")
    assert unknown_note([], Path("c")) == ()
