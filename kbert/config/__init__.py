"""The settings of a training run: declared once, for TOML, Python and the command line."""

from kbert.config.checkpoint_options import CheckpointOptions
from kbert.config.evaluation_options import EvaluationOptions
from kbert.config.loss_options import LossOptions
from kbert.config.machine_options import MachineOptions
from kbert.config.model_options import ModelOptions
from kbert.config.read_toml import read_toml
from kbert.config.serve_options import ServeOptions
from kbert.config.shard_options import ShardOptions
from kbert.config.split_options import SplitOptions
from kbert.config.sweep_options import SweepOptions
from kbert.config.technique_options import TechniqueOptions
from kbert.config.tracker_options import TrackerOptions
from kbert.config.train_config import TrainConfig

__all__ = [
    "CheckpointOptions",
    "EvaluationOptions",
    "LossOptions",
    "MachineOptions",
    "ModelOptions",
    "ServeOptions",
    "ShardOptions",
    "SplitOptions",
    "SweepOptions",
    "TechniqueOptions",
    "TrackerOptions",
    "TrainConfig",
    "read_toml",
]
