"""Techniques of fine-tuning: values that change a model, its learning rates or its loss."""

from kbert.techniques.freeze import Freeze
from kbert.techniques.layer_decay import LayerDecay
from kbert.techniques.lora import LoRA
from kbert.techniques.reinitialize import Reinitialize

__all__ = ["Freeze", "LayerDecay", "LoRA", "Reinitialize"]
