"""Texts and labels of a file that are lists, dicts or bytes as Python prints them."""

import itertools
import re
from collections.abc import Mapping

from kbert.data.reading.examples import Examples
from kbert.findings import Cure, Finding, Message, Option

_SAMPLE = 1000  # rows
_SHARE = 0.5  # of the texts, or of the labels
_MAX_SHOWN = 40  # characters

# b'text', ['one', "two"], ('one', 'two'), {'en': 'text'}
_TEXT = re.compile(r"""b(['"]).*\1|[\[({]\s*(['"]).*[\])}]""", re.DOTALL)
# Of labels also [0, 27], {3}, array([1]), tensor(1)
_LABEL = re.compile(
    r"""b(['"]).*\1|\[.*\]|\{.*\}|\((['"\d]).*\)|(?:array|tensor)\(.*\)""", re.DOTALL
)


def printed_value_findings(examples: Examples, classes: Mapping[str, int]) -> list[Finding]:
    """Return the findings that a program wrote lists or bytes into a file as Python prints them.

    Args:
        examples: Examples.
        classes: rows of each class by name.
    """
    findings = []
    texts = list(itertools.islice(examples.texts, _SAMPLE))
    printed = [text for text in texts if _TEXT.fullmatch(text.strip())]
    if len(printed) > _SHARE * len(texts):
        findings.append(_finding(Message("Texts"), printed[0], Cure(note="write each as one text")))
    names = [name for name in classes if _LABEL.fullmatch(name.strip())]
    if names and len(names) >= _SHARE * len(classes):
        findings.append(
            _finding(
                Message("Labels"),
                names[0],
                Cure(
                    note="write real lists, into JSON Lines or Parquet; or a;b into a "
                    "CSV, to be read with {separator}",
                    values={"separator": Option("label_separator", ";")},
                ),
            )
        )
    return findings


def _finding(what: Message, example: str, cure: Cure) -> Finding:
    shown = example if len(example) <= _MAX_SHOWN else example[: _MAX_SHOWN - 1] + "…"
    return Finding(
        "printed-values",
        "warning",
        "{what} are printed Python lists, dicts or bytes, such as {example}, and would be "
        "trained as they are.",
        cure,
        {"what": what, "example": shown},
    )
