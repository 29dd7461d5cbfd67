"""Flags of google-research/bert's `run_classifier.py`."""

import difflib
import os
import re
import shlex
from collections.abc import Mapping
from typing import Any

from kbert.errors import InputError
from kbert.findings import Cure, Joined, Message

# The script's flags for a plan, by kbert's names of the settings.
GOOGLE_FLAGS = {
    "batch_size": "train_batch_size",
    "epochs": "num_train_epochs",
    "learning_rate": "learning_rate",
    "warmup_proportion": "warmup_proportion",
    "max_length": "max_seq_length",
}
# All flags that the script defines, each with its type; `tf.flags` in run_classifier.py.
_KINDS: dict[str, type] = {
    **dict.fromkeys(("data_dir", "bert_config_file", "task_name", "vocab_file"), str),
    **dict.fromkeys(("output_dir", "init_checkpoint"), str),
    **dict.fromkeys(("do_lower_case", "do_train", "do_eval", "do_predict", "use_tpu"), bool),
    **dict.fromkeys(("max_seq_length", "train_batch_size", "eval_batch_size"), int),
    **dict.fromkeys(("predict_batch_size", "save_checkpoints_steps"), int),
    **dict.fromkeys(("iterations_per_loop", "num_tpu_cores"), int),
    **dict.fromkeys(("learning_rate", "num_train_epochs", "warmup_proportion"), float),
    **dict.fromkeys(("tpu_name", "tpu_zone", "gcp_project", "master"), str),
    # What absl defines for every program.
    **dict.fromkeys(("logtostderr", "alsologtostderr", "showprefixforinfo"), bool),
    **dict.fromkeys(("log_dir", "verbosity", "v", "stderrthreshold"), str),
}
# What word processors and other shells write in place of hyphens and around words.
_NO_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u201c\u201d\u201e'\"/"
_COMMENT = re.compile(r"""(?m)('[^']*'|"[^"]*")|(?<!\S)#.*$""")  # or a quoted string
_NUMBERS = {int: Message("a whole number"), float: Message("a number")}
_BOOLEANS = {
    **dict.fromkeys(("true", "t", "1"), True),
    **dict.fromkeys(("false", "f", "0"), False),
}
# What people write for booleans after a blank.
_SPOKEN = {
    **dict.fromkeys(("true", "t", "1", "yes", "on"), "true"),
    **dict.fromkeys(("false", "f", "0", "no", "off"), "false"),
}
# Other programs' names of the flags.
_OTHER_NAMES = {
    **GOOGLE_FLAGS,
    **{"lr": "learning_rate", "num_epochs": "num_train_epochs", "warmup": "warmup_proportion"},
    **{"warmup_ratio": "warmup_proportion", "per_device_train_batch_size": "train_batch_size"},
    **{"max_len": "max_seq_length", "max_seq_len": "max_seq_length"},
}


def read_google_flags(flags: str) -> dict[str, Any]:
    """Return the values in a string of flags, by the script's names.

    Args:
        flags: str, as typed: "--train_batch_size=32 --do_train=true ...". Words that are not flags,
            such as the name of the script, are ignored, as by the script.

    Raises:
        InputError: a value is not of the flag's type, or there is no such flag.
    """
    typed = _words(flags)
    values: dict[str, Any] = {}
    while typed:
        word = typed.pop(0)
        if not word.startswith("-") or word in ("-", "--"):
            _check_is_no_flag(word)
            continue
        flag, equals, value = word.lstrip("-").partition("=")
        if _KINDS.get(flag) is bool or (not equals and _KINDS.get(flag.removeprefix("no")) is bool):
            name, value = (flag, value or "true") if flag in _KINDS else (flag[2:], "false")
            _check_value_is_joined(word, flag, typed)
            values[name] = _boolean(name, value)
        elif flag in _KINDS:
            if not equals:
                value = typed.pop(0) if typed else ""
            values[flag] = _value(flag, value)
        else:
            raise _unknown(flag)
    return values


def _words(flags: str) -> list[str]:
    """Return the words of the script's command; of several commands, the one that names it.

    Raises:
        InputError: a quote is not closed, or several commands could be meant.
    """
    text = _COMMENT.sub(r"\1", flags.replace("\r\n", "\n")).replace("\\\n", " ")
    reader = shlex.shlex(text, posix=True, punctuation_chars=";&|<>")
    reader.whitespace_split, reader.commenters = True, ""
    commands: list[list[str]] = [[]]
    try:
        for word in reader:
            if not set(word) <= set(";&|<>"):
                commands[-1].append(word)
            elif set(word) & set("<>"):
                next(reader, None)  # the file that is read or written
            else:
                commands.append([])
    except ValueError as error:
        raise InputError(
            "The flags cannot be read: {error}. Received: {flags}", error=error, flags=flags
        ) from None
    meant = [words for words in commands if any(map(_is_script, words))]
    meant = meant or [words for words in commands if any(map(_is_flag, words))]
    if len(meant) > 1:
        raise InputError(
            "The flags of one command were expected. Received: {commands} commands. Pass them one "
            "by one.",
            commands=len(meant),
        )
    words = (meant or commands)[0]
    script = next((place for place, word in enumerate(words) if _is_script(word)), -1)
    return words[script + 1 :]  # those before it are Python's


def _is_script(word: str) -> bool:
    return word.rpartition("/")[2] == "run_classifier.py"


def _is_flag(word: str) -> bool:
    return word.startswith("-") and word.lstrip("-").partition("=")[0] in _KINDS


def _check_is_no_flag(word: str) -> None:
    """Raise InputError for a word that is meant as a flag, but that the script would ignore."""
    name, equals, value = word.strip(_NO_HYPHENS).partition("=")
    name = name.lstrip("-")
    if name in _KINDS and (equals or not word[:1].isalnum()):
        raise InputError(
            "{word} is not a flag: the script would ignore it.",
            word=word,
            cure=Cure(code=f"--{name}{equals}{value}"),
        )
    if word == "--":
        raise InputError("-- ends the flags: the script would ignore what follows. Leave it out.")


def plan_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that belong to a plan, by kbert's names of the settings."""
    return {name: values[flag] for name, flag in GOOGLE_FLAGS.items() if flag in values}


def _value(flag: str, text: str) -> Any:
    """Return the value of a flag: a number, or a text with known shell variables expanded."""
    kind = _KINDS[flag]
    if kind is str:
        return os.path.expandvars(text)
    try:
        return kind(text)
    except ValueError:
        raise InputError(
            "--{flag} must be {expected}. Received: {value!r}",
            flag=flag,
            expected=_NUMBERS[kind],
            value=text,
        ) from None


def _boolean(flag: str, text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise InputError(
            "--{flag} must be true or false. Received: {value!r}", flag=flag, value=text
        )
    return _BOOLEANS[text.lower()]


def _check_value_is_joined(word: str, flag: str, following: list[str]) -> None:
    """Raise InputError for `--do_train false`, which the script takes for true."""
    if "=" not in word and following and following[0].lower() in _SPOKEN:
        raise InputError(
            "--{flag} takes its value after an equals sign: --{flag}={value}. The script reads "
            "what is written here as --{flag}=true.",
            flag=flag,
            value=_SPOKEN[following[0].lower()],
        )


def _unknown(flag: str) -> InputError:
    if flag == "flagfile":
        return InputError("--flagfile names a file of flags. Pass what is in the file instead.")
    own = _OTHER_NAMES.get(flag.replace("-", "_").lower())
    near = [own] if own else difflib.get_close_matches(flag, _KINDS, 1, cutoff=0.75)
    if near:
        return InputError(
            "There is no flag --{flag}. Did you mean --{near}?", flag=flag, near=near[0]
        )
    return InputError(
        "run_classifier.py has no flag --{flag}. Known: {known}.",
        flag=flag,
        known=Joined(f"--{name}" for name in _KINDS),
    )
