"""The exceptions that kbert raises, and its warning in Python.

    KbertError(Exception)
    ├── InputError(ValueError)   the user can fix it; the command line exits with status 2
    ├── MachineError(OSError)    the machine lacks something, such as disk space; status 1
    └── FindingsError            findings of severity "error"; status 2

A message is a template and its values; options, cures and calls among the values are written in
the words of the surface that shows the error.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from kbert.findings import CODES, Cure, Finding, Joined, Message, Option, worded

_ALLOWED_IN: ContextVar[str] = ContextVar("allowed_in", default="")


class KbertError(Exception):
    """Base class of the errors that kbert raises on purpose.

    The message says what was expected, what was received, where, and the cure.

    Args:
        template: str. The message, with the names of its values in braces.
        cure: Cure or None. Written after the message. Defaults to None.
        **values: the values of the template.
    """

    def __init__(self, template: str = "", /, *, cure: Cure | None = None, **values: Any) -> None:
        super().__init__(template)
        self.template = template
        self.values = values
        self.cure = cure

    def __str__(self) -> str:
        text = worded(self.template, **self.values)
        if self.cure is None:
            return text
        if not text.endswith((".", "!", "?", ":", "。", "！", "？", "：")):
            text = worded("{text}.", text=text)
        return worded("{message} Cure: {cure}", message=text, cure=self.cure)


class InputError(KbertError, ValueError):
    """An error in the input that the user can fix; the message says where it is and how.

    Example:

    ```python
    error = InputError("{option} must be 1 or more.", option=Option("epochs"))
    assert str(error) == "`epochs` must be 1 or more."
    ```
    """


class MachineError(KbertError, OSError):
    """The machine lacks something, such as disk space, memory or a permission."""


class FindingsError(KbertError):
    """A run is refused because of findings of severity "error".

    Args:
        findings: sequence of Finding.
        can_allow: bool. Whether the run can continue if their codes are allowed. Defaults to
            False.

    Attributes:
        findings: tuple of Finding. The findings for which the run is refused.
    """

    def __init__(self, findings: Sequence[Finding] = (), *, can_allow: bool = False) -> None:
        self.findings = tuple(findings)
        told: Message | _Sentences = _Sentences(self.findings)
        if can_allow:
            codes = tuple(dict.fromkeys(finding.code for finding in findings))
            allow = Option("allow", codes, of=_ALLOWED_IN.get())
            told = Message("{findings} To continue anyway: {allow}", findings=told, allow=allow)
        super().__init__("{findings}", findings=told)


class UnknownTokensWarning(UserWarning):
    """Most tokens of the texts are [UNK]: the predictions for them are little better than chance.

    Example:

    ```python
    import warnings

    warnings.simplefilter("ignore", UnknownTokensWarning)
    ```
    """


class SkippedRowsWarning(UserWarning):
    """`read_examples` skipped more than a tenth of the rows: more is wrong than a few single rows.

    Example:

    ```python
    import warnings

    warnings.simplefilter("error", SkippedRowsWarning)
    ```
    """


class _Sentences(tuple[Finding, ...]):
    """Findings, worded only when the error is shown."""

    def __str__(self) -> str:
        return " ".join(
            worded("{message} Cure: {cure}.", message=finding.message, cure=finding.cure)
            for finding in self
        )

    def __format__(self, spec: str) -> str:
        return str(self)


@contextmanager
def allowed_in(call: str) -> Iterator[None]:
    """Let a FindingsError that is raised inside the block say which call takes `allow`.

    Args:
        call: str. The Python call with {} in place of the argument, as in
            "kbert.PlanGuard(plan, {})". If blocks are nested, the outermost counts, which is the
            user's own call.
    """
    token = _ALLOWED_IN.set(_ALLOWED_IN.get() or call)
    try:
        yield
    finally:
        _ALLOWED_IN.reset(token)


def raise_on_errors(findings: Iterable[Finding], *, can_allow: bool = False) -> None:
    """Raise FindingsError if any finding has severity "error".

    Args:
        findings: iterable of Finding.
        can_allow: bool. Whether the run can continue when their codes are allowed. Defaults to
            False.
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise FindingsError(errors, can_allow=can_allow)


def check_codes(codes: Iterable[str]) -> None:
    """Raise InputError if a code does not exist."""
    for code in codes:
        if code not in CODES:
            raise InputError(
                "There is no finding {code!r}. Known: {known}", code=code, known=Joined(CODES)
            )
