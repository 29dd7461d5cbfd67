"""Judge what an ended command has left, and whether the commands that a user runs next recover.

An outcome is a pair: one of `KINDS`, and the words of a refusal or what is wrong.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from kbert.runs.beginning import has_record, is_beginning
from tools.ended_runs.attempts import Attempt, attempt
from tools.ended_runs.cases import Case
from tools.ended_runs.results import Tree, difference, let_time_pass, part, tree, without

NOTHING, BEGUN, RESUMED, REFUSED, WRONG = KINDS = (
    "nothing left",
    "begun again",
    "resumed, equal",
    "refused, cured",
    "wrong",
)
_CURE = re.compile(r"--(output|epochs) (\S+?)[.,;]?(?=\s|$)")
Outcome = tuple[str, str]


class Wrong(Exception):
    """The next commands do not recover what an ended command has left."""


@dataclass(frozen=True)
class Undisturbed:
    """What a command starts from and leaves if nothing ends it early.

    Args:
        start: dict. The folder before it.
        result: dict. The folder after it.
        loose: list of str. Files that differ between two such commands.
        changes: list of str. The changes that it makes, in their order.
        seconds: float. How long it takes.
    """

    start: Tree
    result: Tree
    loose: list[str]
    changes: list[str]
    seconds: float


def judge(case: Case, usual: Undisturbed, place: Path, log: Path) -> Outcome:
    """Return the outcome of a command that has ended in a folder.

    Args:
        case: Case.
        usual: Undisturbed.
        place: Path. The folder, which the commands run next change.
        log: Path. Where they print.
    """
    let_time_pass(place)
    try:
        _check_sources(case, usual, tree(place))
        return (_judge_run if case.is_run else _judge_output)(case, usual, place, log)
    except Wrong as wrong:
        return WRONG, str(wrong)


def _check_sources(case: Case, usual: Undisturbed, found: Tree) -> None:
    """Raise Wrong if a command has changed what it reads."""
    given = without(usual.start, [case.target])
    told = difference({name: found[name] for name in given.keys() & found.keys()}, given)
    if told:
        raise Wrong(f"a source has changed: {told}")


def _judge_run(case: Case, usual: Undisturbed, place: Path, log: Path) -> Outcome:
    run = place / case.target
    if not run.exists():
        _succeed(case.command.split(), usual, place, log)
        return NOTHING, ""
    if not has_record(run):
        if not is_beginning(run):
            raise Wrong(f"it has no record, and is not free: {sorted(tree(run))}")
        said = _refuse(["resume", case.target], place, log)
        _succeed(case.command.split(), usual, place, log)
        return BEGUN, said
    if case.verb != "resume":
        _refuse(case.command.split(), place, log)
    done = attempt(case.finishing, place, log)
    if done.status == 0:
        _compare(tree(place), usual)
        return RESUMED, ""
    # It has ended after the last change, or the checkpoint to rewind to is one of the past.
    _check_refusal(case.finishing, done)
    words = _words(done)
    if case.again and "--checkpoint" in case.again:
        done = attempt(["resume", case.target], place, log)
        if done.status == 0:
            _compare(tree(place), usual)
            return REFUSED, words
        _check_refusal(["resume", case.target], done)
        words = _words(done)
    _compare(tree(place), usual)
    _follow(["resume", case.target], words, place, log)
    return REFUSED, words


def _judge_output(case: Case, usual: Undisturbed, place: Path, log: Path) -> Outcome:
    command = case.command.split()
    if not (place / case.target).exists():
        _succeed(command, usual, place, log)
        return NOTHING, ""
    whole = part(usual.result, case.target)
    loose = [name.removeprefix(case.target) for name in usual.loose]
    if told := difference(part(tree(place), case.target), whole, loose):
        raise Wrong(f"{case.target} is not whole: {told}")
    words = _refuse(command, place, log)
    other = _follow(command, words, place, log)
    found = tree(place)
    if told := difference(part(found, other), whole, loose):
        raise Wrong(f"{other} is not whole: {told}")
    _compare(without(found, [other]), usual)
    return REFUSED, words


def _succeed(command: list[str], usual: Undisturbed, place: Path, log: Path) -> None:
    done = attempt(command, place, log)
    if done.status != 0:
        raise Wrong(f"{' '.join(command)} ended with {done.status}: {_words(done)}")
    _compare(tree(place), usual)


def _compare(found: Tree, usual: Undisturbed) -> None:
    if told := difference(found, usual.result, usual.loose):
        raise Wrong(f"in the end, {told}")


def _refuse(command: list[str], place: Path, log: Path) -> str:
    """Return the words of a command's refusal, which must change nothing."""
    before = tree(place)
    done = attempt(command, place, log)
    _check_refusal(command, done)
    if told := difference(tree(place), before):
        raise Wrong(f"{' '.join(command)} is refused, but {told}")
    return _words(done)


def _check_refusal(command: list[str], done: Attempt) -> None:
    if done.status != 2 or "Traceback" in done.said:
        raise Wrong(f"{' '.join(command)} ended with {done.status}: {_words(done)}")


def _follow(command: list[str], words: str, place: Path, log: Path) -> str:
    """Run a command again as its refusal advises, and return the new value of the flag."""
    found = _CURE.search(words)
    if found is None:
        raise Wrong(f"no cure is named: {words}")
    flag, value = found.groups()
    at = command.index(f"--{flag}") if f"--{flag}" in command else len(command)
    cured = [*command[:at], f"--{flag}", value, *command[at + 2 :]]
    done = attempt(cured, place, log)
    if done.status != 0:
        raise Wrong(f"{' '.join(cured)} ended with {done.status}: {_words(done)}")
    return value


def _words(done: Attempt) -> str:
    """Return the last sentence that a command has printed."""
    return " ".join(done.said.rpartition("kbert: ")[2].split())[-600:]
