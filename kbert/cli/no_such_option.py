"""The error for an option that a verb does not have."""

import difflib
from collections.abc import Iterable

from cyclopts import ArgumentCollection

from kbert.errors import InputError
from kbert.findings import Cure, worded
from kbert.utils.command_name import command_name
from kbert.utils.shell_words import shell_word

# What the Hugging Face Trainer's options are called here.
_RENAMED = {
    **dict.fromkeys(("fp16", "bf16", "tf32"), "precision"),
    **dict.fromkeys(("eval-strategy", "evaluation-strategy", "eval-steps"), "evaluate-every"),
    **{"save-steps": "checkpoint-steps", "model-name-or-path": "preset", "validation-file": "dev"},
    **{"max-seq-length": "max-length", "metric-for-best-model": "monitor"},
}


def no_such_option(typed: str, verb: str, arguments: ArgumentCollection) -> InputError:
    """Return the error for an option that a verb does not have.

    Args:
        typed: str. The option as it was typed; a value after = is ignored.
        verb: str.
        arguments: ArgumentCollection, of the verb.
    """
    flag = typed.partition("=")[0]
    names = {name.lstrip("-"): name for each in arguments for name in each.names if len(name) > 2}
    bare = flag.lstrip("-").lower().replace("_", "-")
    near = difflib.get_close_matches(bare, names, 1, cutoff=0.7) or _of_others(bare, names)
    if len(bare) == 1:
        near = [name for name in names if name.startswith(bare)][:3]
    if near:
        return InputError(
            "{verb} has no option {flag}. Did you mean {near}?",
            verb=verb,
            flag=shell_word(flag),
            near=worded(" or ").join(names[name] for name in near),
        )
    return InputError(
        "{verb} has no option {flag}.", verb=verb, flag=shell_word(flag), cure=help_of(verb)
    )


def _of_others(typed: str, names: Iterable[str]) -> list[str]:
    """Return the options that other programs call so: lr, per-device-train-batch-size, fp16."""
    names = list(names)
    if _RENAMED.get(typed) in names:
        return [_RENAMED[typed]]
    initials = ["".join(word[0] for word in name.split("-") if word) for name in names]
    found = [name for name, letters in zip(names, initials, strict=True) if letters == typed]
    return (found or [name for name in names if typed.endswith(f"-{name}")])[:3]


def help_of(verb: str) -> Cure:
    """Return the cure that points to the help of a verb."""
    return Cure(note="{program} {verb} --help", values={"program": command_name(), "verb": verb})
