"""Techniques of fine-tuning: values that change a model, its learning rates or its loss."""

from kbert.techniques.fgm import FGM
from kbert.techniques.freeze import Freeze
from kbert.techniques.layer_decay import LayerDecay
from kbert.techniques.r_drop import RDrop
from kbert.techniques.supervised_contrastive import SupervisedContrastive
from kbert.techniques.token_dropout import TokenDropout

__all__ = ["FGM", "Freeze", "LayerDecay", "RDrop", "SupervisedContrastive", "TokenDropout"]
from kbert.techniques.lora import LoRA
from kbert.techniques.reinitialize import Reinitialize

__all__ = ["Freeze", "LayerDecay", "LoRA", "Reinitialize"]
