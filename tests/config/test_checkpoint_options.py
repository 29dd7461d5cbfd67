import pytest

from kbert import InputError
from kbert.config import CheckpointOptions


def test_none_saves_only_at_the_end_of_epochs():
    options = CheckpointOptions(checkpoint_minutes=None)
    assert (options.checkpoint_steps, options.checkpoint_minutes) == (None, None)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("checkpoint_steps", 0, "`checkpoint_steps` must be 1 or more. Received: 0"),
        ("keep_checkpoints", 0, "`keep_checkpoints` must be 1 or more. Received: 0"),
        ("checkpoint_minutes", 0, "`checkpoint_minutes` must be above 0. Received: 0"),
        ("checkpoint_minutes", float("nan"), "`checkpoint_minutes` must be above 0"),
    ],
)
def test_values_that_never_save_are_refused(name, value, message):
    with pytest.raises(InputError) as caught:
        CheckpointOptions(**{name: value})
    assert message in str(caught.value)
