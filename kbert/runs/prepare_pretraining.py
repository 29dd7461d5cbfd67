"""Everything that precedes a pretraining run's first step, and can be refused without Keras."""

from dataclasses import dataclass, replace
from importlib.metadata import version

from kbert.backend.choose_backend import choose_backend, import_keras
from kbert.backend.determinism import use_deterministic_kernels
from kbert.backend.precision import choose_precision
from kbert.config.pretrain_config import PretrainConfig
from kbert.data.inspection.text_lengths import scripts
from kbert.data.masking import SEGMENTER, Masking, chinese_segmenter
from kbert.data.packing_choice import PackingChoice
from kbert.data.reading.examples import Examples
from kbert.data.token_store import TokenStore
from kbert.errors import raise_on_errors
from kbert.findings import Finding, by_severity, downgrade, findings_table, worded
from kbert.interop.config_checks import check_max_length
from kbert.interop.segments import check_segments
from kbert.interop.sources import find_source
from kbert.plans.training_plan import TrainingPlan
from kbert.runs.fitting_batch import with_fitting_batch
from kbert.runs.in_new_run import errors_in_new_run, findings_in_new_run
from kbert.runs.judge_texts import empty_texts, judge_texts
from kbert.runs.on_devices import on_devices
from kbert.runs.pretraining_texts import read_pretraining_texts
from kbert.runs.pretraining_tokens import pretraining_tokens
from kbert.utils.missing_package import pip_install
from kbert.utils.say import say

_CHINESE = 0.2  # the share of letters at which words of several characters begin to matter


@dataclass(frozen=True)
class PreparedPretraining:
    """A pretraining run that is ready to train.

    Args:
        config: PretrainConfig. Its backend, packing and precision are already chosen.
        sets: dict of Examples: "train", and "dev" if there are texts to evaluate on.
        stores: dict of TokenStore, their tokens: a row for each text, or window of one.
        plan: TrainingPlan, whose examples are these rows.
        masking: Masking.
        findings: list of Finding, in the plan and the texts.
    """

    config: PretrainConfig
    sets: dict[str, Examples]
    stores: dict[str, TokenStore]
    plan: TrainingPlan
    masking: Masking
    findings: list[Finding]

    @property
    def words(self) -> str:
        """How Chinese words are found, which must be the same in a resumed run."""
        if self.masking.segmenter is None:
            return "characters"
        return f"{SEGMENTER} {version(SEGMENTER)}"


def prepare_pretraining(config: PretrainConfig, *, resumes: bool = False) -> PreparedPretraining:
    """Read, tokenize and plan, and refuse what would waste the run.

    Args:
        config: PretrainConfig.
        resumes: bool. Whether the run is resumed, so that few settings can change. Defaults to
            False.

    Raises:
        KbertError: something in the settings or files is wrong; FindingsError for findings of
            severity "error" that the settings do not allow.
    """
    planned = plan_pretraining(config, resumes=resumes)
    plan, config = planned.plan, with_fitting_batch(planned.config, None)
    assert config.backend is not None
    if planned.config.batch_size == "auto":
        plan = config.plan(plan.examples)
        say(plan.describe(downgrade(planned.config.findings(plan), config.allow)))
    if config.deterministic:
        use_deterministic_kernels(config.backend)
    if config.precision == "auto":
        import_keras()
        precision = choose_precision(config.precision, config.backend, config.recipe)
        say(str(precision))
        config = replace(config, precision=precision.precision)
    return replace(planned, config=config, plan=plan)


def plan_pretraining(config: PretrainConfig, *, resumes: bool = False) -> PreparedPretraining:
    """Return a run in which precision and batch size may still be "auto": these need Keras.

    Args and errors are those of `prepare_pretraining`.
    """
    backend = choose_backend(config.backend)
    asked = replace(config, backend=backend)
    config = on_devices(asked, backend)
    source = find_source(config.preset)
    if source.path is not None:
        check_max_length(config.max_length, source.sizes()[0]["max_sequence_length"])
    with errors_in_new_run(resumes=resumes):
        sets = read_pretraining_texts(config)
    num_segments = source.num_segments()
    for examples in sets.values():
        say(str(examples))
        check_segments(num_segments, examples.pairs is not None, examples.source)
    if source.path is None:
        import_keras()  # a hub's tokenizer comes through keras-hub
    cut = config.long_text, config.cut_pair, config.windows
    tokenizer = source.tokenizer().with_truncation(*cut)
    masking = Masking(tokenizer, config.seed, chinese_segmenter())
    _say_words(masking, sets["train"])
    of_texts = judge_texts(config, sets, tokenizer)
    stores = pretraining_tokens(config, tokenizer, sets)
    empty = empty_texts(stores["train"])
    of_texts = [*of_texts, *([] if empty is None else [empty])]
    of_texts = downgrade(findings_in_new_run(of_texts, resumes=resumes), config.allow)
    of_texts = by_severity(of_texts)
    if of_texts:
        say(findings_table(of_texts))
    plan = config.plan(len(stores["train"]))
    of_plan = downgrade(asked.findings(plan), config.allow)
    say(plan.describe(of_plan))
    if config.batch_size == "auto":
        say(
            worded(
                "The batch size is chosen when training begins: the largest that fits, for the "
                "same updates."
            )
        )
    findings = [*of_plan, *of_texts]
    raise_on_errors(findings, can_allow=True)
    choice = PackingChoice.of_store(
        stores["train"],
        plan.batch_size,
        config.packing,
        compiled=config.backend != "torch",
    )
    say(str(choice))
    config = replace(config, packing=choice.packing)
    return PreparedPretraining(config, sets, stores, plan, masking, findings)


def _say_words(masking: Masking, texts: Examples) -> None:
    """Print how Chinese words are masked, where the texts are Chinese."""
    if scripts(texts.texts).get("CJK", 0.0) < _CHINESE:
        return
    if masking.segmenter is None:
        say(
            worded(
                "Each Chinese character is masked on its own. To mask whole words, install "
                "{package}: {install}",
                package=SEGMENTER,
                install=pip_install(SEGMENTER),
            )
        )
    else:
        say(worded("Whole Chinese words are masked, as {package} finds them.", package=SEGMENTER))
