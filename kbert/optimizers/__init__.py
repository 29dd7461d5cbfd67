"""Optimizers whose weight decay skips what BERT's skips."""

from kbert.optimizers.adamw import AdamW
from kbert.optimizers.bert_adam import BertAdam
from kbert.optimizers.create_optimizer import create_optimizer

__all__ = ["AdamW", "BertAdam", "create_optimizer"]
