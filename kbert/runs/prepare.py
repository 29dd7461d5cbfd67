"""Everything that precedes a run's first step, and that can be refused without Keras."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kbert.backend.choose_backend import alternatives, choose_backend, import_keras
from kbert.backend.determinism import use_deterministic_kernels
from kbert.backend.precision import choose_precision
from kbert.config import TrainConfig
from kbert.data.class_weights import class_weights, row_weights
from kbert.data.packing_choice import PackingChoice
from kbert.data.reading.examples import Examples
from kbert.data.reading.tasks import read_test
from kbert.data.shards.stored_examples import StoredExamples
from kbert.data.token_store import TokenStore
from kbert.errors import raise_on_errors
from kbert.findings import Finding, Joined, Option, downgrade, worded
from kbert.interop.config_checks import check_max_length
from kbert.interop.segments import check_segments
from kbert.interop.source import Source
from kbert.interop.sources import find_source
from kbert.plans.training_plan import TrainingPlan
from kbert.runs.check_loss import check_loss
from kbert.runs.choose_head import with_head, with_pooling
from kbert.runs.fitting_batch import with_fitting_batch
from kbert.runs.in_new_run import errors_in_new_run
from kbert.runs.judge_data import judge_data, judge_overlap
from kbert.runs.on_devices import on_devices, packing_on_devices
from kbert.runs.read_sets import read_files, set_aside
from kbert.runs.recorded_split import RecordedSplit
from kbert.runs.run_config import inherited_split
from kbert.runs.told_techniques import told_techniques
from kbert.targets.fit_temperature import check_calibrates
from kbert.targets.labels import Labels
from kbert.targets.target import Target
from kbert.techniques.known_techniques import check_rows, check_techniques
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.cache_folder import cache_folder
from kbert.utils.say import say


@dataclass(frozen=True)
class PreparedRun:
    """A run that is ready to train: its settings, data, plan and tokens.

    Args:
        config: TrainConfig. Its backend is already chosen.
        training: Examples. The training set.
        sets: dict of Examples, the sets to evaluate on by name.
        plan: TrainingPlan.
        tokenizer: Tokenizer.
        stores: dict of TokenStore, the tokens of all sets by name.
        weights: float array or None. How much each training row counts in the loss.
        label_weights: tuple of float or None. How much each of several labels counts where a row
            has it.
        findings: list of Finding. What was found in the plan and the data.
        split_version: int. The version of the method by which rows were set aside, if they were.
        unlabelled: Examples or None. A task's test set, to predict after training. Defaults to
            None.
    """

    config: TrainConfig
    training: Examples
    sets: dict[str, Examples]
    plan: TrainingPlan
    tokenizer: Tokenizer
    stores: dict[str, TokenStore]
    weights: np.ndarray | None
    label_weights: tuple[float, ...] | None
    findings: list[Finding]
    split_version: int
    unlabelled: Examples | None = None

    @property
    def target(self) -> Target:
        """What a label is, with what the model keeps from the training rows."""
        y, target = self.training.y, self.training.target
        return target if y is None else target.fitted(y)

    @property
    def labels(self) -> Labels:
        """The classes."""
        assert self.training.labels is not None
        return self.training.labels


def prepare(
    config: TrainConfig,
    *,
    split: RecordedSplit | None = None,
    tokenizer_sha256: str | None = None,
    shows_plan: bool = True,
) -> PreparedRun:
    """Read, plan, inspect and tokenize, and refuse what would waste the run.

    Args:
        config: TrainConfig.
        split: RecordedSplit or None. How a resumed run has set rows aside. Defaults to None: as
            kbert does now or, if another run is trained further on the same data, as that run did.
        tokenizer_sha256: str or None. The fingerprint of the tokenizer that a resumed run was
            started with. Defaults to None: a new run.
        shows_plan: bool. Whether the plan is printed. Defaults to True.

    Raises:
        KbertError: something in the settings or files is wrong; FindingsError for findings of
            severity "error" that the settings do not allow.
    """
    resumes = split is not None
    others = alternatives(config.backend)
    backend = choose_backend(config.backend)
    if others:
        say(
            worded(
                "On {backend}, the fastest of the backends that are installed. For another: "
                "{option}, or KERAS_BACKEND={other}",
                backend=backend,
                option=Option("backend", others[-1]),
                other=others[-1],
            )
        )
    asked = replace(config, backend=backend)
    config = on_devices(asked, backend)
    if config.deterministic:
        use_deterministic_kernels(backend)
    source = find_source(config.parent or config.preset)
    if source.path is not None:
        # A model that cannot be used is refused before the data are read.
        sizes, _ = source.sizes()
        check_max_length(config.max_length, sizes["max_sequence_length"])
        check_techniques(config, sizes)
    labels = None if config.parent is None else Labels(source.labels() or ())
    if split is None:
        split = inherited_split(config)
    with errors_in_new_run(resumes=resumes):
        whole, given = read_files(config, labels)
        training, sets = set_aside(config, whole, given, split)
    num_segments = source.num_segments()
    for examples in (training, *sets.values()):
        say(str(examples))
        check_segments(num_segments, examples.pairs is not None, examples.source)
    check_loss(config, training.target)
    if config.calibrate:
        check_calibrates(training.target)
    weights, label_weights = _weights(config, training)
    unlabelled = None if config.task is None else read_test(config.task, config.data)
    plan = config.plan(len(training))
    check_rows(config, training.target, plan.batch_size)
    of_plan = downgrade(asked.findings(plan), config.allow)
    if shows_plan and config.batch_size != "auto":
        _show_plan(asked, plan, of_plan)
    tokenizer = None if source.path is None else _tokenizer(source, config, tokenizer_sha256)
    findings = [*of_plan, *judge_data(config, whole, training, sets, tokenizer, resumes=resumes)]
    raise_on_errors(findings, can_allow=True)
    assert training.labels is not None
    config = with_fitting_batch(config, len(training.labels))
    if asked.batch_size == "auto":
        plan = config.plan(len(training))
        if shows_plan:
            _show_plan(asked, plan, downgrade(asked.findings(plan), config.allow))
    if tokenizer is None:
        import_keras()  # a hub's tokenizer comes through keras-hub
        tokenizer = _tokenizer(source, config, None)
    stores = _tokenize(config, tokenizer, {"train": training, **sets})
    if isinstance(training, StoredExamples):
        findings += judge_overlap(config, stores)
        raise_on_errors(findings, can_allow=True)
    config = with_head(with_pooling(config, source))
    choice = PackingChoice.of_store(
        stores["train"],
        plan.batch_size,
        packing_on_devices(config),
        compiled=config.backend != "torch",
    )
    say(str(choice))
    config = replace(config, packing=choice.packing)
    if config.precision == "auto":
        import_keras()
        found = choose_precision(config.precision, backend, config.recipe)
        say(str(found))
        config = replace(config, precision=found.precision)
    return PreparedRun(
        config=config,
        training=training,
        sets=sets,
        plan=plan,
        tokenizer=tokenizer,
        stores=stores,
        weights=weights,
        label_weights=label_weights,
        findings=findings,
        split_version=split.version,
        unlabelled=unlabelled,
    )


def _show_plan(config: TrainConfig, plan: TrainingPlan, findings: Sequence[Finding]) -> None:
    say(config.describe(plan, findings))
    for line in told_techniques(config):
        say(f"  {line}")


def _weights(
    config: TrainConfig, training: Examples
) -> tuple[np.ndarray | None, tuple[float, ...] | None]:
    """Return the weights of the rows and of each of several labels, and print those of classes."""
    if config.class_weight is None:
        return row_weights(training), None
    by_class = class_weights(config.class_weight, training)
    say(
        worded("Class weights: ")
        + str(Joined(worded("{name} {w:.4g}", name=name, w=w) for name, w in by_class.items()))
    )
    if training.target.weighs_labels:
        return row_weights(training), tuple(by_class.values())
    return row_weights(training, config.class_weight), None


def _tokenizer(source: Source, config: TrainConfig, sha256: str | None) -> Tokenizer:
    """Return the tokenizer of a source; for a resumed run, that of the version that started it."""
    cut = (config.long_text, config.cut_pair, config.windows)
    found = source.tokenizer().with_truncation(*cut)
    if sha256 in (None, found.fingerprint):
        return found
    earlier = (tokenizer.with_truncation(*cut) for tokenizer in source.earlier_tokenizers())
    return next((t for t in earlier if t.fingerprint == sha256), found)


def _store(config: TrainConfig, tokenizer: Tokenizer, examples: Examples) -> TokenStore:
    """Return the tokens of a set."""
    if isinstance(examples, StoredExamples) and examples.store is not None:
        examples.store.read_by(tokenizer, config.max_length)
        return examples.store
    return TokenStore.build(examples, tokenizer, config.max_length, cache_folder("tokens"))


def _tokenize(
    config: TrainConfig, tokenizer: Tokenizer, sets: dict[str, Examples]
) -> dict[str, TokenStore]:
    """Return the tokens of each set, computed or from the cache."""
    started = time.monotonic()
    cache = cache_folder("tokens")
    stores = {name: _store(config, tokenizer, examples) for name, examples in sets.items()}
    reasons = [store.not_kept for store in stores.values() if store.not_kept]
    if cache is None or reasons:
        why = reasons[0] if reasons else worded("this user has no home folder")
        say(
            worded(
                "The tokens are kept in memory, and made again by the next run: {why}. To keep "
                "them, set KBERT_CACHE to a folder that can be written.",
                why=why,
            )
        )
    how = (
        worded("found in the cache")
        if all(s.from_cache for s in stores.values())
        else worded("made")
    )
    lengths = stores["train"].lengths
    most = tokenizer.most_tokens(config.max_length)
    full = int((lengths >= most).sum())
    say(
        worded(
            "Tokens: {how} in {seconds:.1f} s; mean length {mean:.0f}; {full:,} of {lengths:,} "
            "texts fill or exceed {most:,} tokens",
            how=how,
            seconds=time.monotonic() - started,
            mean=lengths.mean(),
            full=full,
            lengths=len(lengths),
            most=most,
        )
    )
    return stores
