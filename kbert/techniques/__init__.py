"""Fine-tuning techniques: values that change a model, its learning rates or its loss."""

from kbert.techniques.average_best import AverageBest
from kbert.techniques.fgm import FGM
from kbert.techniques.freeze import Freeze
from kbert.techniques.gradual_unfreezing import GradualUnfreezing
from kbert.techniques.layer_decay import LayerDecay
from kbert.techniques.linear_head import LinearHead
from kbert.techniques.lora import LoRA
from kbert.techniques.moving_average import MovingAverage
from kbert.techniques.r_drop import RDrop
from kbert.techniques.reinitialize import Reinitialize
from kbert.techniques.supervised_contrastive import SupervisedContrastive
from kbert.techniques.token_dropout import TokenDropout

__all__ = [
    "FGM",
    "AverageBest",
    "Freeze",
    "GradualUnfreezing",
    "LayerDecay",
    "LinearHead",
    "LoRA",
    "MovingAverage",
    "RDrop",
    "Reinitialize",
    "SupervisedContrastive",
    "TokenDropout",
]
