"""Train a classifier from a labelled file to a run directory."""

import platform
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from kbert.backend import choose_backend, import_keras
from kbert.config import TrainConfig
from kbert.data.examples import Examples
from kbert.data.read_examples import read_examples
from kbert.data.token_store import TokenStore, default_cache
from kbert.data.tokenizer import Tokenizer
from kbert.models.presets import find_preset
from kbert.plan import TrainingPlan
from kbert.runs.run_directory import RunDirectory, check_free, next_free

_PACKAGES = ("kbert", "keras", "keras-hub", "tensorflow", "jax", "torch", "numpy", "tokenizers")


def train(config: TrainConfig, report: Callable[[str], None] = print) -> RunDirectory:
    """Train as `config` says, and return the run's directory.

    Everything that can be refused is refused before the first step: the data are read, tokenized
    and planned before Keras is imported.

    Args:
        config: TrainConfig.
        report: function of str, called with what a person should see. Defaults to `print`.

    Raises:
        KbertError: with what to mend.

    Example:

    ```python
    run = train(TrainConfig(data="reviews.csv", output="runs/a", epochs=1, max_length=64))
    ```
    """
    if config.output is None:
        output = next_free("runs", Path(config.data).stem)
        config = replace(config, output=str(output))
    check_free(str(config.output))
    config = replace(config, backend=choose_backend(config.backend))
    training, sets = read_sets(config)
    for examples in (training, *sets.values()):
        report(str(examples))
        lost = len(examples.skipped) / (len(examples) + len(examples.skipped))
        if lost > 0.1:
            report(
                f"WARNING: {lost:.0%} of the rows of {examples.source} are skipped; the first: "
                f"{examples.skipped[0]}"
            )
    plan = TrainingPlan(
        examples=len(training),
        batch_size=config.batch_size,
        epochs=config.epochs,
        learning_rate=config.learning_rate,
        warmup_proportion=config.warmup_proportion,
        accumulation=config.accumulation,
        recipe=config.recipe,
    )
    report(str(plan))
    preset = find_preset(config.preset)
    if preset.path is None:
        import_keras()  # a hub's tokenizer comes through keras-hub
    tokenizer = preset.tokenizer()
    store, *dev_stores = _tokenize(config, tokenizer, [training, *sets.values()], report)
    report(f"Loading {config.preset} on {config.backend} ...")
    model = _build(config, training.labels, tokenizer)

    # From here on there is something to keep.
    run = RunDirectory.create(str(config.output))
    run.write_config(config.to_toml())
    run.write_skipped(row for e in (training, *sets.values()) for row in e.skipped)
    run.update(
        status="running",
        started=_now(),
        backend=config.backend,
        versions=_versions(),
        labels=list(model.labels.names),
        text_pairs=training.pairs is not None,
        data={
            name: {
                "source": examples.source,
                "rows": len(examples),
                "skipped": len(examples.skipped),
                "sha256": examples.fingerprint,
            }
            for name, examples in {"train": training, **sets}.items()
        },
        tokenizer_sha256=tokenizer.fingerprint,
        plan={**asdict(plan), "updates": plan.updates, "warmup_updates": plan.warmup_updates},
    )
    try:
        _fit(config, model, plan, store, dict(zip(sets, dev_stores, strict=True)), run, report)
    except BaseException as error:
        run.update(
            status="stopped" if isinstance(error, KeyboardInterrupt) else "failed", ended=_now()
        )
        if run.model_folder.exists():
            error.add_note(f"{run} holds the best model so far.")
        else:
            error.add_note(f"{run} is left without a model: delete it, or name another --output.")
        raise
    run.update(status="finished", ended=_now())
    return run


def read_sets(config: TrainConfig) -> tuple[Examples, dict[str, Examples]]:
    """Return the training set, and the sets to evaluate on by name."""

    def read(path: str, labels: Any = None) -> Examples:
        return read_examples(
            path,
            text=config.text,
            pair=config.pair,
            label=config.label,
            labels=labels,
            format=config.format,
            encoding=config.encoding,
            header=config.header,
            delimiter=config.delimiter,
            quoting=config.quoting,
            on_bad_row=config.on_bad_row,
        )

    training = read(config.data)
    sets = {
        name: read(path, training.labels)
        for name, path in (("dev", config.dev), ("test", config.test))
        if path is not None
    }
    if config.dev is None and config.dev_proportion > 0:
        training, dev = training.split(config.dev_proportion, config.seed)
        source = f"{training.source} ({config.dev_proportion:.0%} set aside, seed {config.seed})"
        sets = {"dev": replace(dev, source=source), **sets}
    return training, sets


def _tokenize(
    config: TrainConfig, tokenizer: Tokenizer, sets: list[Examples], report: Callable[[str], None]
) -> list[TokenStore]:
    started = time.monotonic()
    stores = [TokenStore.build(e, tokenizer, config.max_length, default_cache()) for e in sets]
    how = "found in the cache" if all(store.from_cache for store in stores) else "made"
    lengths = stores[0].lengths
    full = int((lengths == config.max_length).sum())
    report(
        f"Tokens: {how} in {time.monotonic() - started:.1f} s; mean length {lengths.mean():.0f}; "
        f"{full:,} of {len(lengths):,} texts fill or exceed {config.max_length} tokens"
    )
    return stores


def _build(config: TrainConfig, labels: Any, tokenizer: Tokenizer) -> Any:
    """Return the model, not yet compiled; the first thing that needs Keras."""
    import_keras()
    import keras

    from kbert.models.bert_classifier import BertClassifier

    keras.utils.set_random_seed(config.seed)
    return BertClassifier.from_preset(
        config.preset,
        labels,
        max_length=config.max_length,
        dropout=config.dropout,
        pretrained=config.weights == "pretrained",
        tokenizer=tokenizer,
        dtype="mixed_bfloat16" if config.precision == "bfloat16" else "float32",
    )


def _fit(
    config: TrainConfig,
    model: Any,
    plan: TrainingPlan,
    store: TokenStore,
    dev_stores: dict[str, TokenStore],
    run: RunDirectory,
    report: Callable[[str], None],
) -> None:
    """Train, evaluate after each epoch, and leave the best model in the run."""
    from kbert.callbacks import EpochEvaluation, LearningRateLogger, ProgressBar
    from kbert.data.batches import Batches
    from kbert.optimizers import create_optimizer

    model.compile(optimizer=create_optimizer(plan), metrics=["accuracy"])
    pad_id = model.tokenizer.pad_id
    batches = Batches(
        store,
        plan.batch_size,
        order="shuffled",
        seed=config.seed,
        drop_remainder=plan.drop_remainder,
        pad_id=pad_id,
    )
    progress = ProgressBar(plan.batches)
    logger = LearningRateLogger(run.path / "learning_rate.csv")
    callbacks = [progress, logger]
    evaluation = None
    if dev_stores:
        evaluation = EpochEvaluation(
            monitor=config.monitor,
            patience=config.patience,
            folder=run.path,
            **{n: Batches(s, plan.batch_size, pad_id=pad_id) for n, s in dev_stores.items()},
        )
        callbacks.append(evaluation)
    started = time.monotonic()
    try:
        model.fit(batches, epochs=plan.epochs, verbose=0, callbacks=callbacks)
    except BaseException:
        progress.close()
        logger.close()
        if evaluation is not None and evaluation.evaluations:
            evaluation.restore()
            model.save_to(run.model_folder)
        raise
    seconds = time.monotonic() - started
    model.save_to(run.model_folder)
    minutes, rest = divmod(round(seconds), 60)
    report(f"Trained in {minutes} min {rest} s.")
    run.update(training_seconds=round(seconds, 1))
    if evaluation is not None and evaluation.best_epoch is not None:
        run.update(best_epoch=evaluation.best_epoch + 1)
        report(f"The best epoch, which the run keeps: {evaluation.best_epoch + 1}")
        for name, scores in evaluation.best.items():
            report(f"{name}: {scores}")


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions
