"""Everything that comes before a run's first step, and that can be refused without Keras."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kbert.backend.choose_backend import choose_backend, import_keras
from kbert.backend.determinism import use_deterministic_kernels
from kbert.choices import Split
from kbert.config import TrainConfig
from kbert.data.inspection.inspect_examples import inspect_examples
from kbert.data.reading.examples import Examples
from kbert.data.reading.labels import Labels
from kbert.data.reading.tasks import read_task, read_test
from kbert.data.token_store import TokenStore, default_cache
from kbert.errors import raise_on_errors
from kbert.findings import Finding, downgrade, findings_table
from kbert.interop.kbert_model import model_settings, model_tokenizer
from kbert.interop.sources import Preset, find_preset
from kbert.plans.training_plan import TrainingPlan
from kbert.tokenizer.tokenizer import Tokenizer

_LABELLED: tuple[Split, ...] = ("train", "dev")
Report = Callable[[str], None]

_COUNT_ROWS = 2000  # enough to see whether texts are cut; `kbert inspect` looks at more


@dataclass(frozen=True)
class PreparedRun:
    """What a run needs: its settings, data, plan and tokens, and what was found in them."""

    config: TrainConfig
    training: Examples
    sets: dict[str, Examples]
    plan: TrainingPlan
    tokenizer: Tokenizer
    stores: dict[str, TokenStore]
    findings: list[Finding]
    unlabelled: Examples | None = None
    """A task's test set, to be predicted when all is trained."""

    @property
    def labels(self) -> Labels:
        """The classes."""
        assert self.training.labels is not None
        return self.training.labels


def prepare(config: TrainConfig, report: Report) -> PreparedRun:
    """Read, plan, inspect and tokenize, and refuse what would be wasted.

    Raises:
        KbertError: with what to mend; FindingsError for findings that --allow names.
    """
    backend = choose_backend(config.backend)
    config = replace(config, backend=backend)
    if config.deterministic:
        use_deterministic_kernels(backend)
    labels = None if config.parent is None else model_labels(Path(config.parent))
    training, sets = read_sets(config, labels)
    for examples in (training, *sets.values()):
        report(str(examples))
        lost = len(examples.skipped) / (len(examples) + len(examples.skipped))
        if lost > 0.1:
            report(
                f"WARNING: {lost:.0%} of the rows of {examples.source} are skipped; the first: "
                f"{examples.skipped[0]}"
            )
    unlabelled = None if config.task is None else read_test(config.task, config.data)
    plan = config.plan(len(training))
    report(str(plan))
    preset = find_preset(config.preset) if config.parent is None else None
    tokenizer = _local_tokenizer(config, preset)
    findings = [*plan.findings(), *_data_findings(config, training, sets, tokenizer, report)]
    findings = downgrade(findings, config.allow)
    raise_on_errors(findings, can_allow=True)
    if tokenizer is None:
        assert preset is not None
        import_keras()  # a hub's tokenizer comes through keras-hub
        tokenizer = preset.tokenizer()
    return PreparedRun(
        config=config,
        training=training,
        sets=sets,
        plan=plan,
        tokenizer=tokenizer,
        stores=_tokenize(config, tokenizer, {"train": training, **sets}, report),
        findings=findings,
        unlabelled=unlabelled,
    )


def read_sets(
    config: TrainConfig, labels: Labels | None = None
) -> tuple[Examples, dict[str, Examples]]:
    """Return the training set, and the sets to evaluate on by name.

    Args:
        config: TrainConfig.
        labels: Labels or None. The classes, where a model that has them is trained further.
    """
    if config.task is not None:
        train, dev = (read_task(config.task, config.data, split, labels) for split in _LABELLED)
        return train, {"dev": dev}
    training = config.read(config.data, labels=labels)
    sets = {
        name: config.read(path, labels=training.labels)
        for name, path in (("dev", config.dev), ("test", config.test))
        if path is not None
    }
    if config.dev is None and config.dev_proportion > 0:
        training, dev = training.split(config.dev_proportion, config.seed)
        source = f"{training.source} ({config.dev_proportion:.0%} set aside, seed {config.seed})"
        sets = {"dev": replace(dev, source=source), **sets}
    return training, sets


def build_model(prepared: PreparedRun, report: Report) -> Any:
    """Return the model, not yet compiled; the first thing that needs Keras."""
    config = prepared.config
    report(f"Loading {config.parent or config.preset} on {config.backend} ...")
    import_keras()
    import keras

    from kbert.models.bert_classifier import BertClassifier

    keras.utils.set_random_seed(config.seed)
    dtype = "mixed_bfloat16" if config.precision == "bfloat16" else "float32"
    if config.parent is not None:
        return BertClassifier.load(
            config.parent, max_length=config.max_length, dropout=config.dropout, dtype=dtype
        )
    return BertClassifier.from_preset(
        config.preset,
        prepared.labels,
        max_length=config.max_length,
        dropout=config.dropout,
        pretrained=config.weights == "pretrained",
        tokenizer=prepared.tokenizer,
        dtype=dtype,
    )


def model_labels(run: Path) -> Labels:
    """Return the labels of a run's model, or raise KbertError when it has none."""
    return Labels(tuple(model_settings(run / "model")["labels"]))


def _local_tokenizer(config: TrainConfig, preset: Preset | None) -> Tokenizer | None:
    """Return the tokenizer, or None where it lies in a hub."""
    if preset is None:
        model = Path(str(config.parent)) / "model"
        return model_tokenizer(model, model_settings(model))
    return preset.tokenizer() if preset.path is not None else None


def _data_findings(
    config: TrainConfig,
    training: Examples,
    sets: dict[str, Examples],
    tokenizer: Tokenizer | None,
    report: Report,
) -> list[Finding]:
    """Return what is wrong with the data, after showing it."""
    inspection = inspect_examples(
        training,
        tokenizer=tokenizer,
        max_length=config.max_length,
        max_rows=_COUNT_ROWS,
        dev=sets.get("dev"),
        test=sets.get("test"),
        on_bad_row=config.on_bad_row,
        for_kbert=True,
    )
    # Bad rows are skipped on request, and listed in the run.
    findings = [f for f in inspection.findings if f.code != "bad-rows"]
    if findings:
        report(findings_table(findings))
    return findings


def _tokenize(
    config: TrainConfig, tokenizer: Tokenizer, sets: dict[str, Examples], report: Report
) -> dict[str, TokenStore]:
    started = time.monotonic()
    stores = {
        name: TokenStore.build(examples, tokenizer, config.max_length, default_cache())
        for name, examples in sets.items()
    }
    how = "found in the cache" if all(s.from_cache for s in stores.values()) else "made"
    lengths = stores["train"].lengths
    full = int((lengths == config.max_length).sum())
    report(
        f"Tokens: {how} in {time.monotonic() - started:.1f} s; mean length {lengths.mean():.0f}; "
        f"{full:,} of {len(lengths):,} texts fill or exceed {config.max_length} tokens"
    )
    return stores
