"""The public names of kbert, declared once: the stub is what `kbert` imports lazily."""

from kbert import plots as plots
from kbert.analysis.explain import explain as explain
from kbert.analysis.find_errors import find_errors as find_errors
from kbert.callbacks.epoch_evaluation import EpochEvaluation as EpochEvaluation
from kbert.callbacks.fresh_optimizer import FreshOptimizer as FreshOptimizer
from kbert.callbacks.learning_rate_logger import LearningRateLogger as LearningRateLogger
from kbert.callbacks.plan_guard import PlanGuard as PlanGuard
from kbert.callbacks.run_checkpoint import RunCheckpoint as RunCheckpoint
from kbert.callbacks.run_tracker import RunTracker as RunTracker
from kbert.config.pretrain_config import PretrainConfig as PretrainConfig
from kbert.config.train_config import TrainConfig as TrainConfig
from kbert.data.batches import Batches as Batches
from kbert.data.epoch_order import epoch_order as epoch_order
from kbert.data.inspection.inspect_examples import inspect_examples as inspect_examples
from kbert.data.inspection.inspection import Inspection as Inspection
from kbert.data.inspection.shuffle_buffer import (
    recommend_shuffle_buffer as recommend_shuffle_buffer,
)
from kbert.data.inspection.shuffle_buffer import simulate_shuffle_buffer as simulate_shuffle_buffer
from kbert.data.masked_batches import MaskedBatches as MaskedBatches
from kbert.data.masking import Masking as Masking
from kbert.data.reading.examples import Examples as Examples
from kbert.data.reading.read_examples import read_examples as read_examples
from kbert.data.shards.sharded_token_store import ShardedTokenStore as ShardedTokenStore
from kbert.data.token_store import TokenStore as TokenStore
from kbert.errors import FindingsError as FindingsError
from kbert.errors import InputError as InputError
from kbert.errors import KbertError as KbertError
from kbert.errors import MachineError as MachineError
from kbert.errors import SkippedRowsWarning as SkippedRowsWarning
from kbert.errors import UnknownTokensWarning as UnknownTokensWarning
from kbert.exports.export import export as export
from kbert.findings.cure import Cure as Cure
from kbert.findings.finding import Finding as Finding
from kbert.interop.sources import find_source as find_source
from kbert.linear.baselines import baselines as baselines
from kbert.linear.fit_linear_head import fit_linear_head as fit_linear_head
from kbert.losses.class_loss import ClassLoss as ClassLoss
from kbert.models.bert_classifier import BertClassifier as BertClassifier
from kbert.models.import_model import import_model as import_model
from kbert.models.masked_language_model import MaskedLanguageModel as MaskedLanguageModel
from kbert.optimizers.adamw import AdamW as AdamW
from kbert.optimizers.bert_adam import BertAdam as BertAdam
from kbert.optimizers.create_optimizer import create_optimizer as create_optimizer
from kbert.plans.changed_plan import ChangedPlan as ChangedPlan
from kbert.plans.training_plan import TrainingPlan as TrainingPlan
from kbert.results.evaluation import Evaluation as Evaluation
from kbert.results.prediction import Prediction as Prediction
from kbert.runs.continue_training import continue_training as continue_training
from kbert.runs.find_learning_rate import find_learning_rate as find_learning_rate
from kbert.runs.join_processes import join_processes as join_processes
from kbert.runs.pretrain import pretrain as pretrain
from kbert.runs.resume import resume as resume
from kbert.runs.train import train as train
from kbert.schedules.exponential_growth import ExponentialGrowth as ExponentialGrowth
from kbert.schedules.warmup_polynomial_decay import WarmupPolynomialDecay as WarmupPolynomialDecay
from kbert.serving.predictor import Predictor as Predictor
from kbert.targets.labels import Labels as Labels
from kbert.techniques.average_best import AverageBest as AverageBest
from kbert.techniques.fgm import FGM as FGM
from kbert.techniques.freeze import Freeze as Freeze
from kbert.techniques.gradual_unfreezing import GradualUnfreezing as GradualUnfreezing
from kbert.techniques.layer_decay import LayerDecay as LayerDecay
from kbert.techniques.linear_head import LinearHead as LinearHead
from kbert.techniques.lora import LoRA as LoRA
from kbert.techniques.moving_average import MovingAverage as MovingAverage
from kbert.techniques.r_drop import RDrop as RDrop
from kbert.techniques.reinitialize import Reinitialize as Reinitialize
from kbert.techniques.supervised_contrastive import SupervisedContrastive as SupervisedContrastive
from kbert.techniques.token_dropout import TokenDropout as TokenDropout
from kbert.tokenizer.tokenizer import Tokenizer as Tokenizer
from kbert.tokenizer.windows import Windows as Windows

__version__: str
