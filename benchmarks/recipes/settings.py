"""What is compared: settings of `kbert train`, and other tools."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

EPOCHS, BATCH_SIZE, MAX_LENGTH, PRECISION = 2, 32, 128, "bfloat16"
SEEDS = (0, 1, 2, 3, 4)
# Each technique is tried on these data sets, and those that are better here on all of them.
SCREENED_ON = ("Rotten Tomatoes", "TREC")
# Data sets and rows per class. banking77 is left out: of 8 rows of each of its 77 classes setfit
# makes 24,640 pairs, and trains on all of them.
FEW_SETS = (
    *(("Rotten Tomatoes", rows) for rows in (8, 16, 64)),
    *(("TREC", rows) for rows in (8, 16, 64)),
)


@dataclass(frozen=True)
class Setting:
    """A setting that is compared.

    Args:
        name: str. The name in the table.
        flags: dict. The settings of `kbert train`; for other tools, those that they support.
        tool: "kbert", "trainer" or "setfit". Defaults to "kbert".
    """

    name: str
    flags: Mapping[str, Any] = field(default_factory=dict)
    tool: str = "kbert"

    @property
    def command(self) -> list[str]:
        """The flags, as they follow `kbert train`."""
        found = []
        for name, value in self.flags.items():
            flag = f"--{name.replace('_', '-')}"
            found += [flag] if value is True else [flag, str(value)]
        return found


TRAINER = Setting("Hugging Face Trainer", tool="trainer")
SETFIT = Setting("setfit", tool="setfit")
RECOMMENDED = Setting("recommended")
MAIN = (TRAINER, RECOMMENDED)
# Each with its own epochs, batch size and learning rate, if it sets them.
RECIPES = (
    Setting("fast", {"recipe": "fast"}),
    Setting("best", {"recipe": "best"}),
    Setting("google", {"recipe": "google", "precision": "float32"}),
)


def _with(name: str, **flags: Any) -> Setting:
    return Setting(name, flags)


TECHNIQUES = (
    _with("a new head", head="new"),
    _with("[CLS]", pooling="cls"),
    _with("[CLS] and a new head", pooling="cls", head="new"),
    _with("embeddings frozen", freeze_embeddings=True),
    _with("embeddings and 3 layers frozen", freeze_embeddings=True, freeze_layers=3),
    _with("gradual unfreezing", gradual_unfreezing=0.3),
    _with("layer decay 0.9", layer_decay=0.9),
    _with("top layer new", reinit_layers=1),
    _with("LoRA", lora_rank=8, learning_rate=5e-3),
    _with("moving average", moving_average=0.9),
    _with("average of the best", average_best=2),
    _with("R-Drop", r_drop=1.0),
    _with("FGM", fgm=0.5),
    _with("contrastive", contrastive=0.3),
    _with("token dropout", token_dropout=0.1),
    _with("rate 1e-4", learning_rate=1e-4),
    _with("rate 2e-4", learning_rate=2e-4),
    _with("batches of 16", batch_size=16),
)
FEW = (SETFIT, RECOMMENDED, _with("few-shot", recipe="few-shot"))
