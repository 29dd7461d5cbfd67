"""The docstring examples that need Keras, run with a tiny model and real files."""

import importlib
import inspect
import re
import textwrap
from importlib.util import find_spec

import pytest

from kbert import TrainConfig, train

pytestmark = pytest.mark.keras

NAMES = [
    "analysis.explain.explain",
    "analysis.find_errors.find_errors",
    "callbacks.epoch_evaluation.EpochEvaluation",
    "callbacks.fresh_optimizer.FreshOptimizer",
    "callbacks.learning_rate_logger.LearningRateLogger",
    "callbacks.plan_guard.PlanGuard",
    "callbacks.run_checkpoint.RunCheckpoint",
    *(["callbacks.run_tracker.RunTracker"] if find_spec("tensorboardX") else []),
    "callbacks.progress_bar.ProgressBar",
    "data.batches.Batches",
    "callbacks.masked_epoch_evaluation.MaskedEpochEvaluation",
    "data.masked_batches.MaskedBatches",
    "data.shards.sharded_token_store.ShardedTokenStore",
    "data.token_store.TokenStore",
    "exports.export.export",
    "linear.baselines.baselines",
    "models.bert_classifier.BertClassifier",
    "models.masked_language_model.MaskedLanguageModel",
    "optimizers.adamw.AdamW",
    "optimizers.bert_adam.BertAdam",
    "optimizers.create_optimizer.create_optimizer",
    "data.reading.reading_options.ReadingOptions",
    "runs.continue_training.continue_training",
    "runs.find_learning_rate.find_learning_rate",
    "runs.resume.resume",
    "runs.train.train",
    "techniques.fgm.FGM",
    "techniques.freeze.Freeze",
    "techniques.gradual_unfreezing.GradualUnfreezing",
    "techniques.layer_decay.LayerDecay",
    "techniques.moving_average.MovingAverage",
    "schedules.exponential_growth.ExponentialGrowth",
    "techniques.r_drop.RDrop",
    "techniques.supervised_contrastive.SupervisedContrastive",
    "techniques.token_dropout.TokenDropout",
    "techniques.lora.LoRA",
    "techniques.reinitialize.Reinitialize",
    "schedules.warmup_polynomial_decay.WarmupPolynomialDecay",
]


@pytest.fixture
def scope(tiny_model, tiny_preset, reviews, tmp_path, monkeypatch):
    """What the examples take for granted: a compiled model, its data, and a working folder."""
    import keras

    import kbert
    from kbert.models.bert_classifier import BertClassifier

    monkeypatch.chdir(tmp_path)
    header, *rows = reviews.read_text("utf-8").splitlines(keepends=True)
    # Enough that an epoch is worth training, and no text twice.
    takes = [f"Take {take}. {row}" for take in range(8) for row in rows if '"' not in row]
    (tmp_path / "reviews.csv").write_text(header + "".join(takes), "utf-8")
    # The examples name MiniLM, whose weights take seconds to load and minutes to train.
    whole = BertClassifier.from_preset.__func__

    def from_preset(cls, preset, labels=None, **arguments):
        if labels is None:  # a trained model, of its own weights
            return whole(cls, preset, **arguments)
        return whole(cls, str(tiny_preset), labels, **{**arguments, "pretrained": False})

    monkeypatch.setattr(BertClassifier, "from_preset", classmethod(from_preset))
    model = tiny_model()
    examples = kbert.read_examples("reviews.csv", labels=model.labels)
    train, dev = examples.split(dev=0.5)
    plan = kbert.TrainingPlan(examples=len(train), batch_size=16, epochs=1)
    model.compile(optimizer=kbert.create_optimizer(plan))
    batches = model.batches(train, plan)
    return {
        **{name: getattr(kbert, name) for name in kbert.__all__ if name != "train"},
        **{"keras": keras, "model": model, "plan": plan, "batches": batches, "dev": dev},
        **{"examples": examples, "train": train, "tokenizer": model.tokenizer},
        **{"store": batches.store},
    }


@pytest.mark.any_backend  # what the examples call is tested on each backend
@pytest.mark.parametrize("name", NAMES)
def test_an_example_runs(name, scope):
    module, _, member = name.rpartition(".")
    documented = getattr(importlib.import_module(f"kbert.{module}"), member)
    text = textwrap.dedent(inspect.getdoc(documented))
    [block] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names = {**scope, **vars(importlib.import_module(f"kbert.{module}"))}
    if name.rpartition(".")[2] in ("continue_training", "export", "find_errors", "resume"):
        trained = TrainConfig(data="reviews.csv", output="runs/a", epochs=1, max_length=64)
        train(trained)
    if not name.startswith("runs."):
        names["train"] = scope["train"]
    exec(compile(block, name, "exec"), names)
