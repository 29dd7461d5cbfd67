"""Whether the settings of a loss suit the target."""

from kbert.config import LossOptions, TrainConfig
from kbert.data.class_weights import check_class_weight
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.targets.target import Target


def check_loss(config: TrainConfig, target: Target) -> None:
    """Raise InputError for a setting that needs one class per row, where it would have no effect.

    Args:
        config: TrainConfig.
        target: Target. The target of the training rows.
    """
    if target.takes_names:
        return
    if config.class_weight is not None and not target.weighs_labels:
        check_class_weight(target)
    for name in ("loss",) if target.smooths_labels else ("loss", "label_smoothing"):
        if getattr(config, name) != getattr(LossOptions, name):
            raise InputError(
                "{option} is for one class in each row, but the target is {kind}.",
                option=Option(name),
                kind=target.kind,
                cure=Cure(note="leave it out"),
            )
