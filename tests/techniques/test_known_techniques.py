from dataclasses import fields

import pytest

from kbert import InputError, LoRA
from kbert.config import TechniqueOptions
from kbert.targets.regression import Regression
from kbert.targets.single import Single
from kbert.techniques.known_techniques import (
    KNOWN,
    check_rows,
    check_techniques,
    technique_from,
    techniques_of,
)

# The options of a run with every technique, and the lines in its plan about them.
OF_LORA = TechniqueOptions(
    lora_rank=8, lora_alpha=16.0
)  # which cannot be combined with some others
EVERY = TechniqueOptions(
    head="linear",
    freeze_embeddings=True,
    freeze_layers=2,
    reinit_layers=3,
    token_dropout=0.1,
    layer_decay=0.9,
    r_drop=1.0,
    fgm=0.5,
    contrastive=0.1,
    gradual_unfreezing=0.5,
    moving_average=0.999,
    average_best=3,
)
LINES = [
    "new weights: the highest 3 layers, the pooler",
    "the head begins as a linear model, fitted to the encoder as it is",
    "frozen: the embeddings, the lowest 2 layers",
    "token dropout: 10% of the tokens are [MASK] in training",
    "learning rate of each layer: 0.9 times that of the one above",
    "unfrozen one layer after the other, from the head: all are trained after 50% of the updates",
    "R-Drop: two passes, whose divergence has weight 1",
    "FGM: each batch once more, its token embeddings moved by 0.5",
    "supervised contrastive loss: weight 0.1, temperature 0.3",
    "evaluated and kept: the moving average of the weights, with a momentum of up to 0.999",
    "at the end: the average of the weights of the best 3 evaluations, if it is better; their "
    "checkpoints are kept until then",
]
SIZES = {"num_heads": 2, "hidden_dim": 32}


def test_each_setting_belongs_to_one_technique():
    settings = [setting for technique in KNOWN for setting in technique.settings]
    assert sorted(settings) == sorted(field.name for field in fields(TechniqueOptions))


def test_no_technique_is_used_by_default():
    assert techniques_of(TechniqueOptions()) == []


def test_all_techniques_are_used_and_described():
    used = techniques_of(EVERY)
    assert [type(technique) for technique in used] == [each for each in KNOWN if each is not LoRA]
    assert [technique.told() for technique in used] == LINES
    (lora,) = techniques_of(OF_LORA)
    assert lora.told() == "LoRA of rank 8 and alpha 16: nothing else in the encoder is trained"


@pytest.mark.parametrize(
    "technique", [*techniques_of(EVERY), *techniques_of(OF_LORA)], ids=lambda used: used.name
)
def test_a_technique_survives_a_round_trip_as_plain_data(technique):
    assert technique_from(technique.to_dict()) == technique
    assert technique_from(technique) is technique


def test_layers_both_frozen_and_new_are_refused():
    check_techniques(EVERY, {**SIZES, "num_layers": 5})
    with pytest.raises(InputError, match="Of 4 layers the lowest 2 are frozen and the highest 3"):
        check_techniques(EVERY, {**SIZES, "num_layers": 4})


@pytest.mark.parametrize("setting", ["freeze_layers", "reinit_layers"])
def test_more_layers_than_the_model_has_are_refused(setting):
    with pytest.raises(InputError, match="The model has 1 layer, of which 2 cannot be"):
        check_techniques(TechniqueOptions(**{setting: 2}), {**SIZES, "num_layers": 1})


@pytest.mark.parametrize("setting", ["freeze_embeddings", "freeze_layers", "reinit_layers"])
def test_lora_refuses_other_changes_of_the_encoder(setting):
    with pytest.raises(InputError, match=f"keeps all weights .*: leave out `{setting}`"):
        TechniqueOptions(lora_rank=2, **{setting: 1})


def test_alpha_needs_a_rank():
    with pytest.raises(InputError, match="`lora_alpha` is used only with `lora_rank`."):
        TechniqueOptions(lora_alpha=2.0)


def test_rows_that_a_technique_cannot_compare_are_refused():
    check_rows(EVERY, Single(), 2)
    with pytest.raises(InputError, match="each batch has one row. Cure: batch_size=8"):
        check_rows(EVERY, Single(), 1)
    with pytest.raises(InputError, match="but the target is regression"):
        check_rows(EVERY, Regression(), 2)


def test_an_unknown_technique_is_refused():
    with pytest.raises(
        InputError,
        match="There is no technique 'dropout_of_rows'. Known are: reinitialize, ",
    ):
        technique_from({"technique": "dropout_of_rows"})
