import pytest

from kbert.config import TrainConfig
from kbert.errors import MachineError
from kbert.runs.step_too_large import step_too_large


class Shapes(list):
    """The parts of Batches that `step_too_large` uses."""

    def shape(self, index):
        return self[index]

    def sample(self):
        return range(len(self))


HALF = "batch_size={}, gradient_accumulation_steps={}, which performs about the same updates"


@pytest.mark.parametrize(
    ("settings", "widths", "sentence"),
    [
        (
            {},
            [16, 128, 64],
            f"32 rows x 128 tokens does not fit. Cure: {HALF.format(16, 2)}, or max_length=64, or "
            "a smaller `preset`",
        ),
        (
            {"batch_size": 6, "gradient_accumulation_steps": 3, "max_length": 512},
            [504],
            f"6 rows x 504 tokens does not fit. Cure: {HALF.format(3, 6)}, or max_length=256, or "
            "a smaller `preset`",
        ),
        (
            {"batch_size": 1, "max_length": 100},
            [8, 104],
            "1 row x 104 tokens does not fit. Cure: max_length=50, or a smaller `preset`",
        ),
        (
            {"long_text": "windows", "max_windows": 5},
            [128],
            f"32 rows x 128 tokens does not fit. Cure: {HALF.format(16, 2)}, or max_windows=2, or "
            "a smaller `preset`",
        ),
        (
            {"max_length": 9},
            [16],
            f"32 rows x 16 tokens does not fit. Cure: {HALF.format(16, 2)}, or a smaller `preset`",
        ),
    ],
    ids=str,
)
def test_the_cure_is_smaller_batches(settings, widths, sentence):
    rows = settings.get("batch_size", 32)
    shapes = Shapes((rows, width) for width in widths)
    error = step_too_large(TrainConfig(data="a.csv", **settings), shapes)
    assert isinstance(error, MachineError)
    assert str(error) == f"Out of memory: a training step of {sentence}"


@pytest.mark.parametrize(
    ("size", "gradient_accumulation_steps"), [(32, 1), (2, 1), (7, 3), (48, 5)]
)
def test_the_cure_is_a_config_whose_updates_have_no_more_rows(size, gradient_accumulation_steps):
    settings = {"batch_size": size, "gradient_accumulation_steps": gradient_accumulation_steps}
    cure = step_too_large(TrainConfig(data="a.csv", **settings), Shapes([(size, 128)])).cure
    assert cure.settings.keys() == settings.keys()
    config = TrainConfig(data="a.csv", **cure.settings)
    assert config.batch_size < size
    rows = config.batch_size * config.gradient_accumulation_steps
    assert (
        size * gradient_accumulation_steps - 2 * gradient_accumulation_steps
        < rows
        <= size * gradient_accumulation_steps
    )
