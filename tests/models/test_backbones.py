import json

import keras
import keras_hub
import numpy as np
import pytest

from kbert import BertClassifier, KbertError
from kbert.interop.sources import find_source
from kbert.models.backbones import backbone_config, load_backbone

pytestmark = pytest.mark.keras

IDS = np.array([[101, 2143, 999, 102, 0, 0], [101, 7, 102, 8, 9, 102]], "int32")
MASK = np.array([[1, 1, 1, 1, 0, 0], [1] * 6], "int32")
SEGMENTS = np.array([[0] * 6, [0, 0, 0, 1, 1, 1]], "int32")


@pytest.fixture(scope="module")
def hugging_face(tmp_path_factory):
    """A function that writes a random Hugging Face BERT and returns it with its folder."""
    import torch
    import transformers

    def make(activation):
        torch.manual_seed(0)
        config = transformers.BertConfig(
            vocab_size=1000,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=32,
            hidden_act=activation,
            hidden_dropout_prob=0.2,
            initializer_range=0.3,
        )
        model = transformers.BertModel(config).eval()
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if name.endswith("bias"):
                    parameter.normal_(0, 0.3)
        folder = tmp_path_factory.mktemp(activation)
        model.save_pretrained(folder)
        return folder, model

    return make


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("activation", "gelu"), [("gelu", "erf"), ("gelu_new", "tanh"), ("gelu_pytorch_tanh", "tanh")]
)
def test_hugging_face_folder_matches_transformers(hugging_face, activation, gelu):
    import torch

    folder, theirs = hugging_face(activation)
    backbone, used = load_backbone(find_source(str(folder)))
    assert (used, backbone.dropout) == (gelu, 0.2)
    ids = np.minimum(IDS, 999)
    with torch.no_grad():
        expected = theirs(
            input_ids=torch.tensor(ids, dtype=torch.long),
            attention_mask=torch.tensor(MASK, dtype=torch.long),
            token_type_ids=torch.tensor(SEGMENTS, dtype=torch.long),
        )
    outputs = backbone({"token_ids": ids, "padding_mask": MASK, "segment_ids": SEGMENTS})
    outputs = {name: keras.ops.convert_to_numpy(value) for name, value in outputs.items()}
    real = MASK == 1
    np.testing.assert_allclose(
        outputs["sequence_output"][real],
        expected.last_hidden_state.numpy()[real],
        atol=1e-5,
        rtol=0,
    )
    np.testing.assert_allclose(
        outputs["pooled_output"], expected.pooler_output.numpy(), atol=1e-5, rtol=0
    )


def test_random_weights_have_the_size_of_the_preset(tiny_preset):
    preset = find_source(str(tiny_preset))
    backbone, gelu = load_backbone(preset, pretrained=False, dtype="mixed_bfloat16")
    assert gelu == "erf"
    assert backbone.dtype_policy.name == "mixed_bfloat16"
    assert backbone_config(backbone) == {
        "vocabulary_size": 30522,
        "num_layers": 1,
        "num_heads": 2,
        "hidden_dim": 32,
        "intermediate_dim": 64,
        "dropout": 0.1,
        "max_sequence_length": 64,
        "num_segments": 2,
    }


def test_keras_hub_folder(tmp_path):
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=10, num_layers=1, num_heads=2, hidden_dim=8, intermediate_dim=8
    )
    backbone.save_to_preset(str(tmp_path))
    loaded, gelu = load_backbone(find_source(str(tmp_path)))
    assert gelu == "tanh"
    for mine, theirs in zip(backbone.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def _config(tmp_path, **changes):
    config = {
        "model_type": "bert",
        "vocab_size": 10,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "hidden_size": 8,
        "intermediate_size": 8,
        **changes,
    }
    config = {name: value for name, value in config.items() if value is not None}
    (tmp_path / "config.json").write_text(json.dumps(config))
    return find_source(str(tmp_path))


@pytest.mark.parametrize(
    ("changes", "pretrained", "message"),
    [
        ({"hidden_act": "relu"}, False, "hidden_act must be one of .*gelu_new.* Received: 'relu'"),
        ({"hidden_size": None}, False, "config.json lacks 'hidden_size'"),
        ({}, True, r"holds no weights \(model\.safetensors, .*weights='?\"?random"),
    ],
    ids=["activation", "size", "weights"],
)
def test_refuses_unusable_folders(tmp_path, changes, pretrained, message):
    with pytest.raises(KbertError, match=message):
        load_backbone(_config(tmp_path, **changes), pretrained=pretrained)


def test_refuses_broken_weights(tmp_path):
    preset = _config(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(KbertError, match="model.safetensors cannot be read"):
        load_backbone(preset)


@pytest.mark.parametrize("kind", ["BertBackbone", "BertTokenizer"])
def test_an_unreachable_hub_is_reported(kind, monkeypatch, minilm_vocab):
    def unreachable(name, **arguments):
        raise OSError("no route to the hub")

    monkeypatch.setattr(getattr(keras_hub.models, kind), "from_preset", unreachable)
    from kbert import Tokenizer

    tokenizer = Tokenizer.from_file(minilm_vocab) if kind == "BertBackbone" else None
    with pytest.raises(KbertError, match=r"'bert_x' is not a local folder.*no route to the hub"):
        BertClassifier.from_preset("bert_x", ["no", "yes"], tokenizer=tokenizer)


def test_a_preset_from_a_hub(monkeypatch):
    sizes = {"num_layers": 1, "num_heads": 2, "hidden_dim": 8, "intermediate_dim": 8}
    theirs = keras_hub.models.BertBackbone(vocabulary_size=10, **sizes)
    asked = []

    def from_preset(name, **arguments):
        asked.append((name, arguments))
        return theirs

    monkeypatch.setattr(keras_hub.models.BertBackbone, "from_preset", from_preset)
    source = find_source("bert_tiny_en_uncased")
    ours, gelu = load_backbone(source, dtype="mixed_bfloat16")
    assert (gelu, ours.dtype_policy.name) == ("tanh", "mixed_bfloat16")
    for one, other in zip(theirs.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    random, _ = load_backbone(source, pretrained=False)
    assert backbone_config(random) == backbone_config(theirs)
    assert asked == [
        ("bert_tiny_en_uncased", {"dtype": "float32"}),
        ("bert_tiny_en_uncased", {"dtype": "float32", "load_weights": False}),
    ]
