"""Fine-tune BERT classifiers with Keras 3: no run is ever silently wasted."""

import importlib
from typing import TYPE_CHECKING, Any

# The module of each public name; it is imported when the name is first used, so that
# `import kbert`, `kbert --help` and everything about data need no framework.
_MODULES = {
    "AdamW": "kbert.optimizers.adamw",
    "Batches": "kbert.data.batches",
    "BertAdam": "kbert.optimizers.bert_adam",
    "BertClassifier": "kbert.models.bert_classifier",
    "ChangedPlan": "kbert.plans.changed_plan",
    "Cure": "kbert.findings.cure",
    "EpochEvaluation": "kbert.callbacks.epoch_evaluation",
    "Evaluation": "kbert.results.evaluation",
    "Examples": "kbert.data.reading.examples",
    "Finding": "kbert.findings.finding",
    "FindingsError": "kbert.errors",
    "FreshOptimizer": "kbert.callbacks.fresh_optimizer",
    "InputError": "kbert.errors",
    "Inspection": "kbert.data.inspection.inspection",
    "KbertError": "kbert.errors",
    "Labels": "kbert.data.reading.labels",
    "LearningRateLogger": "kbert.callbacks.learning_rate_logger",
    "MachineError": "kbert.errors",
    "PlanGuard": "kbert.callbacks.plan_guard",
    "Prediction": "kbert.results.prediction",
    "Predictor": "kbert.serving.predictor",
    "RunCheckpoint": "kbert.callbacks.run_checkpoint",
    "TokenStore": "kbert.data.token_store",
    "Tokenizer": "kbert.tokenizer.tokenizer",
    "TrainConfig": "kbert.config.train_config",
    "TrainingPlan": "kbert.plans.training_plan",
    "WarmupPolynomialDecay": "kbert.schedules.warmup_polynomial_decay",
    "continue_training": "kbert.runs.continue_training",
    "create_optimizer": "kbert.optimizers.create_optimizer",
    "epoch_order": "kbert.data.epoch_order",
    "export": "kbert.exports.export",
    "find_preset": "kbert.interop.sources",
    "import_model": "kbert.models.import_model",
    "inspect_examples": "kbert.data.inspection.inspect_examples",
    "read_examples": "kbert.data.reading.read_examples",
    "recommend_shuffle_buffer": "kbert.data.inspection.shuffle_buffer",
    "resume": "kbert.runs.resume",
    "simulate_shuffle_buffer": "kbert.data.inspection.shuffle_buffer",
    "train": "kbert.runs.train",
}

__all__ = sorted(_MODULES)
__version__ = "0.1.0"

if TYPE_CHECKING:
    from kbert.callbacks.epoch_evaluation import EpochEvaluation as EpochEvaluation
    from kbert.callbacks.fresh_optimizer import FreshOptimizer as FreshOptimizer
    from kbert.callbacks.learning_rate_logger import LearningRateLogger as LearningRateLogger
    from kbert.callbacks.plan_guard import PlanGuard as PlanGuard
    from kbert.callbacks.run_checkpoint import RunCheckpoint as RunCheckpoint
    from kbert.config.train_config import TrainConfig as TrainConfig
    from kbert.data.batches import Batches as Batches
    from kbert.data.epoch_order import epoch_order as epoch_order
    from kbert.data.inspection.inspect_examples import inspect_examples as inspect_examples
    from kbert.data.inspection.inspection import Inspection as Inspection
    from kbert.data.inspection.shuffle_buffer import (
        recommend_shuffle_buffer as recommend_shuffle_buffer,
    )
    from kbert.data.inspection.shuffle_buffer import (
        simulate_shuffle_buffer as simulate_shuffle_buffer,
    )
    from kbert.data.reading.examples import Examples as Examples
    from kbert.data.reading.labels import Labels as Labels
    from kbert.data.reading.read_examples import read_examples as read_examples
    from kbert.data.token_store import TokenStore as TokenStore
    from kbert.errors import FindingsError as FindingsError
    from kbert.errors import InputError as InputError
    from kbert.errors import KbertError as KbertError
    from kbert.errors import MachineError as MachineError
    from kbert.exports.export import export as export
    from kbert.findings.cure import Cure as Cure
    from kbert.findings.finding import Finding as Finding
    from kbert.interop.sources import find_preset as find_preset
    from kbert.models.bert_classifier import BertClassifier as BertClassifier
    from kbert.models.import_model import import_model as import_model
    from kbert.optimizers.adamw import AdamW as AdamW
    from kbert.optimizers.bert_adam import BertAdam as BertAdam
    from kbert.optimizers.create_optimizer import create_optimizer as create_optimizer
    from kbert.plans.changed_plan import ChangedPlan as ChangedPlan
    from kbert.plans.training_plan import TrainingPlan as TrainingPlan
    from kbert.results.evaluation import Evaluation as Evaluation
    from kbert.results.prediction import Prediction as Prediction
    from kbert.runs.continue_training import continue_training as continue_training
    from kbert.runs.resume import resume as resume
    from kbert.runs.train import train as train
    from kbert.schedules.warmup_polynomial_decay import (
        WarmupPolynomialDecay as WarmupPolynomialDecay,
    )
    from kbert.serving.predictor import Predictor as Predictor
    from kbert.tokenizer.tokenizer import Tokenizer as Tokenizer


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'kbert' has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
