import pytest

from kbert import KbertError
from kbert.interop.config_checks import (
    check_backbone,
    check_classifier,
    check_fits_file,
    parameters,
)

SIZES = {
    "vocabulary_size": 6,
    "num_layers": 1,
    "num_heads": 2,
    "hidden_dim": 4,
    "intermediate_dim": 8,
    "max_sequence_length": 16,
}


def test_parameters_of_known_models():
    base = {"num_layers": 12, "num_heads": 12, "hidden_dim": 768, "intermediate_dim": 3072}
    assert parameters({"vocabulary_size": 30522, **base}) == 109_482_240  # BERT-base
    assert parameters({"vocabulary_size": 30522, **base}, labels=2) == 109_482_240 + 2 * 769


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"hidden_dim": 10**9},
            "a: hidden_dim must be a whole number from 1 to 100,000,000",
        ),
        ({"num_layers": 10**6}, "num_layers must be a whole number from 1 to 1,000"),
        ({"num_layers": 0}, "Received: 0"),
        ({"num_heads": -2}, "Received: -2"),
        ({"hidden_dim": "4"}, "Received: '4'"),
        ({"hidden_dim": True}, "Received: True"),
        ({"hidden_dim": 4.0}, "Received: 4.0"),
        ({"hidden_dim": None}, "Received: None"),
        ({"hidden_dim": float("nan")}, "Received: nan"),
        ({"num_heads": 5}, r"num_heads \(5\) must be at most hidden_dim \(4\)"),
        ({"hidden_dim": 10**8}, "asks for a model of 50,000,005,.* parameters"),
        ({"dropout": float("nan")}, "dropout must be from 0 to below 1. Received: nan"),
        ({"dropout": [0]}, "dropout must be"),
    ],
    ids=str,
)
def test_absurd_sizes_are_refused(changes, message):
    with pytest.raises(KbertError, match=message):
        check_backbone({**SIZES, **changes}, "a")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbone": None}, "a backbone's sizes were expected. Received: None"),
        ({"backbone": {"num_layers": 1}}, "lacks vocabulary_size, "),
        ({"labels": None}, "labels must be a list of strings"),
        ({"labels": [1, 2]}, "labels must be a list of strings"),
        ({"labels": "ab"}, "labels must be a list of strings"),
        ({"labels": ["a", "a"]}, "but 'a' occurs twice"),
        ({"labels": ["a", "\ud800"]}, r"a: the label '\\ud800' contains half a character"),
        ({"tokenizer": []}, "tokenizer must be an object"),
        ({"max_length": 8.0}, "max_length must be a whole number"),
        ({"dropout": "0"}, "dropout must be"),
        ({"gelu": {}}, "gelu must be tanh or erf"),
        ({"dtype": {"class_name": "X"}}, "dtype must be a string"),
        ({"name": 1}, "name must be a string"),
    ],
    ids=ascii,
)
def test_invalid_configurations_are_refused(changes, message):
    config = {"backbone": SIZES, "labels": ["a", "b"], **changes}
    with pytest.raises(KbertError, match=message):
        check_classifier(config, "a")


def test_a_model_larger_than_its_file_is_refused():
    check_fits_file(SIZES, 2, (0, 0), "a")  # reported array by array later
    with pytest.raises(KbertError, match=r"asks for 120,\d+,\d+ parameters in 1 layers.*0 arrays"):
        check_fits_file({**SIZES, "intermediate_dim": 13_333_333}, 2, (0, 0), "a")
    with pytest.raises(KbertError, match="in 900 layers, but the file holds 10 in 1 arrays"):
        check_fits_file({**SIZES, "num_layers": 900}, 2, (1, 10), "a")
