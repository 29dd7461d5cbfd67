"""Optimizers that exclude the same variables from weight decay as BERT's optimizer."""

from kbert.optimizers.adamw import AdamW
from kbert.optimizers.bert_adam import BertAdam
from kbert.optimizers.create_optimizer import create_optimizer

__all__ = ["AdamW", "BertAdam", "create_optimizer"]
