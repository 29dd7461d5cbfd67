from dataclasses import fields

import pytest

from kbert import InputError, TrainingPlan
from kbert.config import TechniqueOptions
from kbert.techniques.known_techniques import KNOWN, technique_from, techniques_of

# What a run with every technique asks for, and the lines that its plan has of them.
EVERY = TechniqueOptions(
    freeze_embeddings=True,
    freeze_layers=2,
    layer_decay=0.9,
    gradual_unfreezing=0.5,
    moving_average=0.999,
    average_best=3,
)
PLAN = TrainingPlan(examples=101, batch_size=10, epochs=3)
LINES = [
    "frozen: the embeddings, the lowest 2 layers",
    "learning rate of each layer: 0.9 times that of the one above",
    "unfrozen one layer after the other, from the head: all are trained after 17 updates",
    "evaluated and kept: the moving average of the weights, with a momentum of up to 0.999",
    "at the end: the average of the weights of the best 3 evaluations, if it is better; their "
    "checkpoints are kept until then",
]


def test_each_setting_belongs_to_one_technique():
    settings = [setting for technique in KNOWN for setting in technique.settings]
    assert sorted(settings) == sorted(field.name for field in fields(TechniqueOptions))


def test_no_technique_is_used_unless_it_is_asked_for():
    assert techniques_of(TechniqueOptions(), PLAN) == []


def test_all_are_used_and_told():
    used = techniques_of(EVERY, PLAN)
    assert [type(technique) for technique in used] == list(KNOWN)
    assert [technique.told() for technique in used] == LINES


@pytest.mark.parametrize("technique", techniques_of(EVERY, PLAN), ids=lambda used: used.name)
def test_a_technique_is_the_same_as_plain_data(technique):
    assert technique_from(technique.to_dict()) == technique
    assert technique_from(technique) is technique


def test_an_unknown_one_is_refused():
    with pytest.raises(InputError, match="There is no technique 'dropout_of_rows'. Known are: fr"):
        technique_from({"technique": "dropout_of_rows"})
