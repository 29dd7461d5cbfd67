"""What is wrong with the data of a run, before anything is trained on them."""

from collections.abc import Mapping
from dataclasses import replace

from kbert.config import TrainConfig
from kbert.data.inspection.inspect_examples import inspect_examples
from kbert.data.inspection.set_findings import (
    near_duplicates_finding,
    overlap_finding,
    small_dev_finding,
    stored_overlap_finding,
    untrained_classes,
)
from kbert.data.reading.examples import Examples
from kbert.data.shards.stored_examples import StoredExamples
from kbert.data.shards.stored_findings import stored_findings
from kbert.data.shards.stored_overlap import stored_overlap
from kbert.data.token_store import TokenStore
from kbert.findings import (
    Call,
    Cure,
    Finding,
    Option,
    by_severity,
    downgrade,
    findings_table,
    worded,
)
from kbert.runs.in_new_run import findings_in_new_run
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.say import say

_LARGE_SHARE = 0.3  # of the rows, for evaluation
_COUNT_ROWS = 2000  # enough to see whether texts are cut; `kbert inspect` looks at more


def judge_data(
    config: TrainConfig,
    whole: Examples,
    training: Examples,
    sets: dict[str, Examples],
    tokenizer: Tokenizer | None,
    *,
    resumes: bool = False,
) -> list[Finding]:
    """Return what is wrong with the data of a run, after showing it.

    Args:
        config: TrainConfig.
        whole: Examples. The labelled file before rows are set aside, so that the findings about it
            are those of `inspect`.
        training: Examples. The training set.
        sets: dict of Examples, the sets to evaluate on by name.
        tokenizer: Tokenizer or None.
        resumes: bool. Whether the run is resumed, so that few settings can change. Defaults to
            False.
    """
    if isinstance(whole, StoredExamples):
        return _of_store(config, whole, sets, resumes=resumes)
    own_dev = sets.get("dev") if len(training) < len(whole) else None
    inspection = inspect_examples(
        whole,
        tokenizer=tokenizer,
        max_length=config.max_length,
        max_rows=_COUNT_ROWS,
        dev=sets.get("dev") if own_dev is None else None,
        test=sets.get("test"),
        on_bad_row=config.on_bad_row,
        for_kbert=True,
    )
    # A few bad rows are skipped on request, and listed in the run.
    findings = [f for f in inspection.findings if f.code != "bad-rows"]
    if own_dev is not None:
        findings += [f for f in _own_split(config, training, own_dev) if f not in findings]
    findings = [_of_model(config, finding) for finding in findings]
    if config.task is not None:
        findings = [_of_task(finding) for finding in findings]
    findings = findings_in_new_run(findings, resumes=resumes)
    findings = by_severity(downgrade(findings, config.allow))
    if findings:
        say(findings_table(findings))
    return findings


def _of_store(
    config: TrainConfig, training: StoredExamples, sets: dict[str, Examples], *, resumes: bool
) -> list[Finding]:
    """Return what is wrong with the rows of a token store, which has no texts."""
    findings = stored_findings(training, config.rows_per_update)
    if "dev" in sets:
        dev, cure = sets["dev"], Cure({"dev": "FILE"}, note="with more rows")
        small = small_dev_finding(len(dev), cure, target=dev.target.kind)
        findings += [f for f in (small, untrained_classes(training, dev)) if f is not None]
    findings = by_severity(findings_in_new_run(findings, resumes=resumes))
    if findings:
        say(findings_table(findings))
    return findings


def judge_overlap(config: TrainConfig, stores: Mapping[str, TokenStore]) -> list[Finding]:
    """Return findings about sets that share rows with the training store, after showing them.

    Args:
        config: TrainConfig.
        stores: dict of TokenStore. The training rows, "train", and the sets to evaluate on.
    """
    training, findings = stores["train"], []
    for name, store in stores.items():
        shared = 0 if name == "train" else stored_overlap(training, store)
        if shared is None:
            say(
                worded(
                    "Rows of {name} that are also among the {rows:,} of {store} are not searched "
                    "for: there are too many.",
                    name=name,
                    rows=len(training),
                    store=config.data,
                )
            )
        elif shared:
            findings.append(stored_overlap_finding(name, len(store), shared))
    findings = by_severity(downgrade(findings, config.allow))
    if findings:
        say(findings_table(findings))
    return findings


def _own_split(config: TrainConfig, training: Examples, dev: Examples) -> list[Finding]:
    """Return what is wrong with the rows that kbert has set aside."""
    if config.dev_proportion < _LARGE_SHARE:
        file = Cure({"dev": "FILE"}, note="with more rows")
        cure = Cure({"dev_proportion": _LARGE_SHARE}, otherwise=(file,))
    else:
        own = {"option": Option("dev_proportion")}
        cure = Cure({"dev": "FILE"}, note="with more rows, in place of {option}", values=own)
    again = Cure(
        call=Call("train", config.data, **config.file_settings()),
        note="in a new run: it keeps equal texts together, which kbert 0.1 did not",
    )
    together = Cure({"group": "NAME"}, note="a column that is the same in such rows")
    every = (
        small_dev_finding(len(dev), cure, target=dev.target.kind),
        overlap_finding("dev", training, dev, again),
        untrained_classes(training, dev),
        near_duplicates_finding("dev", training, dev, together),
    )
    found = [finding for finding in every if finding is not None]
    return found if config.folds is None else [_of_fold(finding) for finding in found]


def _of_fold(finding: Finding) -> Finding:
    """Return a finding with a cure for a fold, whose rows are determined by the number of folds."""
    notes = {
        "dev-small": "judge by all folds together, which score every row; or add rows",
        "class-untrained": "add rows of these classes, or merge them with others",
    }
    if finding.code not in notes:
        return finding
    return replace(finding, cure=Cure(note=notes[finding.code]))


def _of_model(config: TrainConfig, finding: Finding) -> Finding:
    """Return a finding whose cure fits the run, if it names another preset."""
    preset = finding.cure.settings.get("preset")
    if preset is None:
        return finding
    if config.parent is not None:
        call = Call("train", config.data, preset=preset, **config.file_settings())
        cure = Cure(call=call, note="in a new run: {parent} keeps its vocabulary")
        return replace(finding, cure=replace(cure, values={"parent": config.parent}))
    if preset == config.preset:
        note = "check that the vocabulary of {preset} belongs to its weights"
        return replace(finding, cure=Cure(note=note, values={"preset": preset}))
    return finding


def _of_task(finding: Finding) -> Finding:
    """Return a finding with a cure for the files of a task, which are the publisher's."""
    notes = {
        "dev-overlap": "take these rows out of the training file; scores of others, measured with "
        "the files as published, contain them too",
        "near-duplicates": "take these rows out of the training file",
        "dev-small": "add rows to the task's dev file",
        "duplicates": "take them out of the training file",
    }
    if finding.code not in notes:
        return finding
    return replace(finding, cure=Cure(note=notes[finding.code]))
