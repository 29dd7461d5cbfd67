"""An unknown option: the message names the one that was meant, or the verb's help."""

import pytest

from kbert.cli.main import app
from kbert.cli.no_such_option import help_of, no_such_option
from kbert.utils.command_name import command_name


def sentence(typed, verb="train"):
    return str(no_such_option(typed, verb, app[verb].assemble_argument_collection()))


@pytest.mark.parametrize(
    ("typed", "verb", "expected"),
    [
        ("--batch_sise", "train", "train has no option --batch_sise. Did you mean --batch-size?"),
        ("--BATCH-SIZE", "train", "train has no option --BATCH-SIZE. Did you mean --batch-size?"),
        ("--epochz=3", "train", "train has no option --epochz. Did you mean --epochs?"),
        ("-epochs", "train", "train has no option -epochs. Did you mean --epochs?"),
        ("--no-heeder", "train", "train has no option --no-heeder. Did you mean --no-header?"),
        ("--ouput", "import", "import has no option --ouput. Did you mean --output?"),
        (
            "--lr",
            "train",
            "train has no option --lr. Did you mean --learning-rate or --lora-rank?",
        ),
        (
            "--num_train_epochs",
            "train",
            "train has no option --num_train_epochs. Did you mean --epochs?",
        ),
        ("--fp16", "train", "train has no option --fp16. Did you mean --precision?"),
        (
            "--eval_strategy=epoch",
            "train",
            "train has no option --eval_strategy. Did you mean --evaluate-every?",
        ),
        (
            "--weight_decay",
            "train",
            f"train has no option --weight_decay. Cure: {command_name()} train --help",
        ),
        (
            "--per_device_train_batch_size",
            "train",
            "train has no option --per_device_train_batch_size. Did you mean --batch-size?",
        ),
    ],
)
def test_the_closest_option_is_suggested(typed, verb, expected):
    assert sentence(typed, verb) == expected


def test_a_letter_matches_options_that_start_with_it():
    assert sentence("-b", "predict") == (
        "predict has no option -b. Did you mean --bom or --batch-size or --backend?"
    )


def test_at_most_three_options_are_suggested_for_a_letter():
    begin = [
        name
        for argument in app["train"].assemble_argument_collection()
        for name in argument.names
        if name.startswith("--p")
    ]
    assert len(begin) > 3
    proposed = sentence("-p").partition("Did you mean ")[2].rstrip("?").split(" or ")
    assert len(proposed) == 3
    assert set(proposed) < set(begin)


@pytest.mark.parametrize("typed", ["--xyzzy", "--xyzzy=3", "-z"])
def test_without_a_close_option_the_help_is_suggested(typed):
    flag = typed.removesuffix("=3")
    assert sentence(typed) == (f"train has no option {flag}. Cure: {command_name()} train --help")


def test_a_flag_with_a_line_break_stays_on_one_line():
    assert sentence("--x\ny").startswith(r"train has no option $'--x\x0ay'. Cure: ")
    assert sentence("--epochs\n") == (
        r"train has no option $'--epochs\x0a'. Did you mean --epochs?"
    )


def test_the_help_of_a_verb():
    assert str(help_of("export")) == f"{command_name()} export --help"
