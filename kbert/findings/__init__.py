"""What kbert finds, and how each surface words it.

A message is a template and its values. An option, a cure or a call among the values is written by
the surface that shows the message: as flags on the command line, as arguments in Python.
"""

from kbert.findings.codes import CODES
from kbert.findings.count import Count
from kbert.findings.cure import Cure
from kbert.findings.finding import Finding, by_severity, downgrade, findings_table
from kbert.findings.message import Joined, Message, Text, worded
from kbert.findings.problem import Problem
from kbert.findings.stored import worded_again
from kbert.findings.words import Call, Option, PythonWords, Words, in_english, speaking, words

__all__ = [
    "CODES",
    "Call",
    "Count",
    "Cure",
    "Finding",
    "Joined",
    "Message",
    "Option",
    "Problem",
    "PythonWords",
    "Text",
    "Words",
    "by_severity",
    "downgrade",
    "findings_table",
    "in_english",
    "speaking",
    "worded",
    "worded_again",
    "words",
]
