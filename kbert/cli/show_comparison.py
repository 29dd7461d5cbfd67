"""Shows a comparison of runs in the terminal."""

from collections.abc import Iterator

from kbert.display import in_one_line, table
from kbert.findings import Message, Text, worded
from kbert.reports.comparison import ComparedRun, Comparison
from kbert.reports.run_facts import told
from kbert.reports.seed_groups import SeedGroup
from kbert.results.paired import told_p
from kbert.results.scores import score_name

_CELLS = 40  # maximum length of a name or a value
_PARTS = {
    "settings": Message("Settings that differ:"),
    "data": Message("Data that differ:"),
    "versions": Message("Versions that differ:"),
}


def shown_comparison(comparison: Comparison) -> str:
    """Return a comparison as text for a terminal: a table for each question."""
    return "\n".join(line for part in _parts(comparison) for line in part)


def _parts(comparison: Comparison) -> Iterator[Iterator[str] | tuple[str, ...]]:
    yield _heading(comparison)
    yield _scores(comparison)
    yield _against(comparison)
    if comparison.groups:
        yield _over_seeds(comparison)
    yield _differing(comparison)
    yield comparison.notes


def _heading(comparison: Comparison) -> Iterator[str]:
    rows = f"{comparison.rows:,}"
    yield (
        worded(
            "{score} on the same {rows} rows, each predicted by the model of the fold that was not "
            "trained on it",
            score=comparison.score,
            rows=rows,
        )
        if comparison.is_of_folds
        else worded(
            "{score} on the same {rows} rows of {set}, each run at its best evaluation",
            score=comparison.score,
            rows=rows,
            set=comparison.set,
        )
    )
    if comparison.is_better_lower:
        yield worded("Lower is better.")


def _scores(comparison: Comparison) -> Iterator[str]:
    others = [name for name in comparison.runs[0].scores.monitors if name != comparison.monitor]
    header = (
        *(Message("run"), comparison.score, Message("95% of samples")),
        *map(score_name, others),
        *(Message("best at"), Message("seconds")),
    )
    rows = [header]
    for run in comparison.runs:
        scores = (f"{getattr(run.scores, name):.4f}" for name in others)
        seconds = "-" if run.seconds is None else f"{run.seconds:g}"
        interval = str(run.interval or "-")
        rows.append(
            (_short(run.name), f"{run.score:.4f}", interval, *scores, str(run.when), seconds)
        )
    yield table(rows)


def _against(comparison: Comparison) -> Iterator[str]:
    first, *others = comparison.runs
    yield "\n" + worded("Against {run}, the first:", run=first.name)
    several = len(others) > 1 and comparison.tests_rows
    header: list[Text] = [Message("run"), Message("difference"), Message("95% of samples")]
    if comparison.tests_rows:
        header += [Message("only the first right"), Message("only this right"), "p"]
    if several:
        header.append(Message("p (Holm)"))
    yield table([header, *(_tested(run, comparison, several) for run in others)])
    if comparison.tests_rows:
        yield worded("p: McNemar's exact test on these rows, which says nothing about other seeds.")
    if several:
        yield worded("p (Holm): the same, corrected for {tests} tests.", tests=len(others))


def _tested(run: ComparedRun, comparison: Comparison, several: bool) -> list[str]:
    against = run.against
    assert against is not None
    cells = [_short(run.name), f"{against.difference:+.4f}", str(against.interval or "-")]
    if comparison.tests_rows:
        test = against.test
        cells += ["-"] * 3 if test is None else [str(test.first), str(test.second), told_p(test.p)]
    return [*cells, *([told_p(against.p_holm)] if several else [])]


def _over_seeds(comparison: Comparison) -> Iterator[str]:
    groups = comparison.groups
    yield "\n" + worded(
        "Over seeds, {score} of runs that differ in nothing else:", score=comparison.score
    )
    names = (Message("group"), Message("seeds"), Message("mean"), Message("deviation"))
    yield table([names, *map(_group, groups)], left=(0, 1))
    if len(groups) < 2:
        return
    yield "\n" + worded("Against {group}, seed by seed:", group=groups[0].name)
    tested = [group for group in groups if group.test is not None and group.test.t is not None]
    if tested:
        several = len(groups) > 2
        header = (
            *(Message("group"), Message("seeds"), Message("difference")),
            *(Message("95% interval"), "t", "p", *([Message("p (Holm)")] if several else [])),
            *(Message("higher"), Message("lower"), Message("sign test")),
        )
        yield table([header, *(_seeds(group, several) for group in tested)])
    for group in groups:
        if group.test is not None and group.test.untested is not None:
            yield f"  {group.name}: {group.test.untested}"


def _group(group: SeedGroup) -> tuple[str, ...]:
    deviation = "-" if group.deviation is None else f"{group.deviation:.4f}"
    return group.name, ", ".join(map(str, group.scores)), f"{group.mean:.4f}", deviation


def _seeds(group: SeedGroup, several: bool) -> tuple[str, ...]:
    test = group.test
    assert test is not None
    corrected = (told_p(group.p_holm),) if several else ()
    return (
        *(group.name, str(len(test.seeds)), f"{test.mean:+.4f}", str(test.interval)),
        *(f"{test.t:.3f}", told_p(test.p), *corrected),
        *(str(test.higher), str(test.lower), told_p(test.sign_p)),
    )


def _differing(comparison: Comparison) -> Iterator[str]:
    """Yield a table for each part, with a line per run: there are more runs than differences."""
    parts = {part: facts for part, facts in comparison.differing.items() if facts}
    if not parts:
        yield "\n" + worded("Settings, data and versions are the same.")
    for part, facts in parts.items():
        yield f"\n{_PARTS[part]}"
        lines = zip(
            (_short(run.name) for run in comparison.runs),
            *([_short(told(name, value)) for value in values] for name, values in facts.items()),
            strict=True,
        )
        yield table([(Message("run"), *facts), *lines], left=range(len(facts) + 1))


def _short(text: str) -> str:
    return in_one_line(text, _CELLS)
