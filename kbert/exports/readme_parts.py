"""What the READMEs of exports have in common: what the model's outputs are."""

from collections.abc import Sequence

from kbert.targets.target import Target
from kbert.utils.markdown import markdown_text

TITLES = {
    "softmax": "A BERT classifier",
    "sigmoid": "A BERT classifier",
    "linear": "A BERT that predicts numbers",
}
"""The title of a README, by the activation of the model's target."""


def numbered(labels: Sequence[str], target: Target) -> str:
    """Return the numbered labels, with thresholds if a text can have several labels."""
    limits = target.limits(len(labels))
    shown = [""] * len(labels) if limits is None else [f" ({limit:.6f})" for limit in limits]
    named = enumerate(zip(labels, shown, strict=True))
    return "\n".join(f"{number}. {markdown_text(name)}{limit}" for number, (name, limit) in named)


def outputs_name(target: Target) -> str:
    """Return the name of a program's variable that holds the outputs."""
    return "numbers" if target.activation == "linear" else "probabilities"


def meaning(target: Target) -> str:
    """Return the sentence that introduces the list: the outputs, by their columns."""
    return {
        "softmax": "Its classes, by their numbers:",
        "sigmoid": "A text has several labels, or none: each one whose probability is at least its "
        "threshold. The labels by their numbers, with their thresholds:",
        "linear": "It predicts numbers, each in the unit that it was trained with:",
    }[target.activation]
