"""Cures for a resumed run, which accepts few settings: cures with other settings need a new run."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace

from kbert.errors import InputError
from kbert.findings import Cure, Finding, Option
from kbert.runs.changed_settings import CHANGEABLE

_TAKEN = frozenset({*CHANGEABLE, "allow"})


def in_new_run(cure: Cure) -> Cure:
    """Return a cure that offers in a new run what a resumed run does not accept."""
    ways = [replace(cure, otherwise=()), *cure.otherwise]
    taken = [way for way in ways if set(_named(way)) <= _TAKEN]
    others = [way for way in ways if way not in taken]
    if not others:
        return cure
    other = replace(others[0], otherwise=tuple(others[1:]))
    again = Cure(note="in a new run: {cure}", values={"cure": other})
    return replace(taken[0], otherwise=(*taken[1:], again)) if taken else again


def findings_in_new_run(findings: list[Finding], *, resumes: bool) -> list[Finding]:
    """Return findings with cures that the run accepts, whether new or resumed."""
    return [replace(f, cure=in_new_run(f.cure)) for f in findings] if resumes else findings


def errors_in_new_run(*, resumes: bool) -> AbstractContextManager[None]:
    """Give errors a cure that the run accepts, whether new or resumed."""
    return _reworded() if resumes else nullcontext()


@contextmanager
def _reworded() -> Iterator[None]:
    try:
        yield
    except InputError as error:
        cure = error.cure and in_new_run(error.cure)
        if cure is error.cure:
            raise
        raise InputError(error.template, cure=cure, **error.values) from error


def _named(cure: Cure) -> Iterator[str]:
    """Yield the names of the settings that a cure names."""
    yield from cure.settings
    yield from (value.name for value in cure.values.values() if isinstance(value, Option))
    for other in cure.otherwise:
        yield from _named(other)
