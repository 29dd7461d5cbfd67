"""`run_classifier.py` from its flags: the steps of Google's own examples, and where they end."""

import shlex

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert.cli.words import FlagWords
from kbert.data.inspection.shuffle_buffer import simulate_shuffle_buffer
from kbert.errors import KbertError
from kbert.findings import speaking
from kbert.plans.google_command import GoogleCommand
from kbert.plans.google_flags import read_google_flags
from kbert.plans.google_words import GoogleWords
from kbert.plans.training_plan import TrainingPlan

MRPC = GoogleCommand(examples=3668, learning_rate=2e-5)
README = """
python run_classifier.py \\
  --task_name=MRPC \\
  --do_train=true \\
  --data_dir=$GLUE_DIR/MRPC \\
  --max_seq_length=64 \\
  --train_batch_size=16 \\
  --learning_rate=2e-5 \\
  --num_train_epochs=2.5 \\
  --output_dir="/tmp/mrpc output/"
"""


def codes(findings):
    return [finding.code for finding in findings]


@pytest.mark.parametrize(
    ("examples", "epochs", "updates", "warmup"),
    [(3668, 3, 343, 34), (392_702, 2, 24_543, 2454), (8551, 3, 801, 80), (3668, 2.5, 286, 28)],
    ids=["MRPC", "XNLI", "CoLA", "part of an epoch"],
)
def test_steps(examples, epochs, updates, warmup):
    command = GoogleCommand(examples=examples, epochs=epochs)
    assert (command.updates, command.warmup_updates) == (updates, warmup)
    assert (command.num_updates, command.remaining) == (updates, updates)


@given(st.integers(1, 10**6), st.integers(1, 512), st.integers(1, 50))
@settings(deadline=None)
def test_steps_and_rates_match_the_plan(examples, batch_size, epochs):
    if examples < batch_size:
        return
    plan = TrainingPlan(examples=examples, batch_size=batch_size, epochs=epochs, recipe="google")
    command = GoogleCommand(examples=examples, batch_size=batch_size, epochs=epochs)
    assert (command.updates, command.warmup_updates) == (plan.updates, plan.warmup_updates)
    steps = np.linspace(0, 2 * plan.updates, 50).astype(int)
    assert command.learning_rate_at(steps).tolist() == plan.learning_rate_at(steps).tolist()


@pytest.mark.parametrize(
    "flags",
    [
        "--train_batch_size=16 --num_train_epochs=2 --warmup_proportion=0.2",
        "--train_batch_size 16 --num_train_epochs 2 --warmup_proportion 0.2",
        "-train_batch_size=16 -num_train_epochs=2.0 -warmup_proportion=2e-1",
        "-train_batch_size 16 --num_train_epochs='2' --warmup_proportion \"0.2\"",
        "--train_batch_size=8 --train_batch_size=16 --num_train_epochs=2 --warmup_proportion=.2",
    ],
)
def test_the_spellings_of_flags(flags):
    expected = GoogleCommand(examples=3668, batch_size=16, epochs=2.0, warmup_proportion=0.2)
    assert GoogleCommand.from_flags(flags, 3668) == expected


@pytest.mark.parametrize("indent", ["  ", ""], ids=["indented", "at the margin"])
def test_a_whole_command_as_in_the_readme(indent):
    command = GoogleCommand.from_flags(README.replace("\n  ", f"\n{indent}"), 3668, global_step=7)
    assert command == GoogleCommand(
        examples=3668,
        batch_size=16,
        epochs=2.5,
        learning_rate=2e-5,
        max_length=64,
        global_step=7,
    )


def test_a_line_may_end_in_a_backslash_without_a_blank():
    flags = "--num_train_epochs=2\\\n--train_batch_size\\\n16"
    assert GoogleCommand.from_flags(flags, 3668) == GoogleCommand(
        examples=3668, epochs=2.0, batch_size=16
    )


def test_omitted_flags_have_the_defaults_of_run_classifier():
    assert GoogleCommand.from_flags("--do_train=true train.tsv", 3668) == GoogleCommand(
        examples=3668,
        batch_size=32,
        epochs=3.0,
        learning_rate=5e-5,
        warmup_proportion=0.1,
        max_length=128,
        global_step=0,
    )


@pytest.mark.parametrize(
    ("flags", "held"),
    [
        ("--learning_rate=fast", "--learning_rate must be a number. Received: 'fast'"),
        ("--num_train_epochs", "--num_train_epochs must be a number. Received: ''"),
        ("--train_batch_size --do_train", "Received: '--do_train'"),
        ("--train_batch_size=16.5", "--train_batch_size must be a whole number. Received: '16.5'"),
        *(
            (f"--{name}={value}", f"--{name} must be {expected}. Received: {value}")
            for name, expected, values in (
                ("train_batch_size", "at least 1", ("0", "-1")),
                (
                    "num_train_epochs",
                    "above 0, and finite",
                    ("0", "-0.5", "nan", "inf", "-inf"),
                ),
                ("learning_rate", "above 0, and finite", ("0", "-1e-05", "nan", "inf", "-inf")),
                (
                    "warmup_proportion",
                    "from 0 to below 1",
                    ("-0.1", "1", "1.5", "nan", "inf", "-inf"),
                ),
            )
            for value in values
        ),
        ("--max_seq_length=2", "--max_seq_length must be at least 3, of which two are [CLS]"),
        ("--train_batchsize=2", "no flag --train_batchsize. Did you mean --train_batch_size?"),
        ("--do_trian=true", "no flag --do_trian. Did you mean --do_train?"),
        ("--seed=3", "run_classifier.py has no flag --seed. Known: --data_dir, "),
        ("--doc_stride=128", "run_classifier.py has no flag --doc_stride."),
        ("--do_train=yes", "--do_train must be true or false. Received: 'yes'"),
        ("--do_train false", "--do_train takes its value after an equals sign: --do_train=false"),
        ("--save_checkpoints_steps=1e3", "must be a whole number. Received: '1e3'"),
        ("--num_train_epochs=0.001", "int(3668 / 32 * 0.001) is 0"),
        ("--num_train_epochs=1e307", "1e+307"),
        ("--data_dir='glue", "The flags cannot be read: No closing quotation. Received: --data_"),
        ('--data_dir="glue', 'Received: --data_dir="glue'),
    ],
)
def test_invalid_flags_are_refused(flags, held):
    assert held in refusal_of(flags)


def refusal_of(flags):
    with pytest.raises(KbertError) as refusal:
        GoogleCommand.from_flags(flags, 3668)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("examples", "step", "held"),
    [
        (0, 0, "`examples` must be at least 1. Received: 0"),
        (-5, 0, "`examples` must be at least 1. Received: -5"),
        (3668, -1, "`global_step` must be at least 0. Received: -1"),
    ],
)
def test_counts_out_of_range_are_refused(examples, step, held):
    with pytest.raises(KbertError) as refusal:
        GoogleCommand.from_flags("", examples, step)
    assert str(refusal.value) == held


@pytest.mark.parametrize("changes", [{"epochs": 0}, {"epochs": 0.0}, {"learning_rate": 0}], ids=str)
def test_arguments_are_checked_like_flags(changes):
    with pytest.raises(KbertError, match=r"^--\w+ must be above 0, and finite\. Received: 0$"):
        GoogleCommand(examples=3668, **changes)


@pytest.mark.parametrize(
    ("step", "remaining", "rate"),
    [(0, 343, 0), (34, 309, 2e-5 * 309 / 343), (342, 1, 2e-5 / 343), (343, 0, 0), (400, 0, 0)],
)
def test_a_command_resumes_from_its_checkpoint(step, remaining, rate):
    command = GoogleCommand(examples=3668, learning_rate=2e-5, global_step=step)
    assert command.remaining == remaining
    assert command.learning_rate_at(step) == pytest.approx(rate)
    # Google's warmup begins at rate 0.
    assert codes(command.findings()) == ["plan-ended"] * (remaining == 0) + ["rate-zero"]
    lines = str(command).splitlines()
    assert lines[1].endswith("= 343 updates, W = int(N * 0.1) = 34 of warmup")
    assert lines[2].endswith(f"at global step {step} the learning rate is {rate:.3g}")
    assert ("Skipping training since max_steps" in lines[3]) == (remaining == 0)
    assert (f"{remaining} update" in lines[3]) == (remaining > 0)


@pytest.mark.parametrize("step", [343, 400])
def test_epochs_proposed_after_the_end_train_as_long_again(step):
    command = GoogleCommand(examples=3668, global_step=step)
    finding = command.findings()[0]
    assert (finding.code, finding.severity) == ("plan-ended", "error")
    assert f"has performed {step} updates and the plan ends at 343:" in finding.message
    assert f"model.ckpt-{step}" in str(finding.cure)
    flag = next(word for word in shlex.split(str(finding.cure)) if "--num_train_epochs" in word)
    again = GoogleCommand.from_flags(flag, 3668, step)
    assert abs(again.remaining - 343) <= 1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"examples": 392_702, "epochs": 2}, {"rate-zero": "info"}),
        ({"examples": 100}, {"too-few-updates": "error", "no-warmup": "warning"}),
        ({"warmup_proportion": 0.0}, {"no-warmup": "warning"}),
        ({"warmup_proportion": 0.9}, {"warmup-too-long": "warning", "rate-zero": "info"}),
        ({"learning_rate": 0.1}, {"unusual-rate": "warning", "rate-zero": "info"}),
    ],
    ids=str,
)
def test_has_the_findings_of_any_plan(changes, expected):
    findings = GoogleCommand(**{"examples": 3668, **changes}).findings()
    assert {finding.code: finding.severity for finding in findings} == expected


def test_cures_are_flags_of_the_script():
    commands = GoogleCommand(examples=100), GoogleCommand(examples=10_000, warmup_proportion=0.9)
    cures = {finding.code: finding.cure for c in commands for finding in c.findings()}
    with speaking(FlagWords()), speaking(GoogleWords()):
        texts = {code: str(cure) for code, cure in cures.items()}
    assert texts["too-few-updates"] == "--train_batch_size=8 --num_train_epochs=8"
    assert texts["warmup-too-long"] == "--warmup_proportion=0.33"
    assert texts["rate-zero"] == (
        "kbert's --recipe recommended, whose updates all have a rate above 0"
    )
    assert str(cures["too-few-updates"]) == "batch_size=8, epochs=8"


def test_the_shuffle_buffer_does_not_mix_sorted_rows():
    labels = np.repeat([0, 1], 1834)
    *others, finding = MRPC.findings(labels)
    assert codes(others) == ["rate-zero"]
    assert (finding.code, finding.severity) == ("small-shuffle-buffer", "error")
    assert "shuffle(buffer_size=100) does not mix these 3,668 rows" in finding.message
    # Expected by chance for equal classes: 2 * (1 - 0.5 ** 32).
    assert "and would contain 2.0 in a random order" in finding.message
    assert str(finding.cure) == "shuffle(buffer_size=3668), or shuffle the file: shuf"
    mixed = np.random.default_rng(0).permutation(labels)
    assert codes(MRPC.findings(mixed)) == codes(MRPC.findings()) == ["rate-zero"]


@pytest.mark.parametrize("classes", [2, 10, 50])
@pytest.mark.parametrize("length", [1, 10, 50, 100, 200])
def test_a_buffer_is_small_below_nine_tenths_of_the_chance_level(classes, length):
    labels = np.arange(3668) // length % classes
    batches = simulate_shuffle_buffer(labels, 100, 32)
    small = "small-shuffle-buffer" in codes(MRPC.findings(labels))
    assert small == (batches.classes < 0.9 * batches.classes_by_chance)


def test_a_large_class_is_not_mistaken_for_sorted_rows():
    labels = np.random.default_rng(0).permutation(np.repeat([0, 1], [3600, 68]))
    assert codes(MRPC.findings(labels)) == ["rate-zero"]


@pytest.mark.parametrize(
    ("flags", "kbert"),
    [
        ("", "--batch-size 32 --epochs 3 --learning-rate 5e-05 --max-length 128"),
        (
            "--train_batch_size=16 --num_train_epochs=2.6 --learning_rate=2e-5 "
            "--max_seq_length=64 --warmup_proportion=0.2",
            "--batch-size 16 --epochs 3 --learning-rate 2e-05 --max-length 64 "
            "--warmup-proportion 0.2",
        ),
        (
            "--num_train_epochs=0.3",
            "--batch-size 32 --epochs 1 --learning-rate 5e-05 --max-length 128",
        ),
    ],
    ids=["defaults", "all", "less than an epoch"],
)
def test_equivalent_kbert_settings(flags, kbert):
    settings = GoogleCommand.from_flags(flags, 3668).kbert_settings()
    assert FlagWords().settings(settings) == f"--recipe google {kbert}"


# The flags of the script, as `python run_classifier.py --helpfull` lists them for that module.
ALL_FLAGS = """
--data_dir=a --bert_config_file=b --task_name=MRPC --vocab_file=c --output_dir=d
--init_checkpoint=e --do_lower_case --max_seq_length=64 --do_train --do_eval=true --nodo_predict
--train_batch_size=16 --eval_batch_size=8 --predict_batch_size=8 --learning_rate=2e-5
--num_train_epochs=2 --warmup_proportion=0.2 --save_checkpoints_steps=500
--iterations_per_loop=100 --use_tpu=False --tpu_name=t --tpu_zone=z --gcp_project=p --master=m
--num_tpu_cores=8 --verbosity=1
"""


def test_every_flag_of_the_script_is_known():
    values = read_google_flags(f"python run_classifier.py {ALL_FLAGS}")
    assert len(values) == len(ALL_FLAGS.split())
    booleans = {name: value for name, value in values.items() if isinstance(value, bool)}
    assert booleans == {
        **{"do_lower_case": True, "do_train": True, "do_eval": True},
        **{"do_predict": False, "use_tpu": False},
    }
    assert (values["task_name"], values["save_checkpoints_steps"]) == ("MRPC", 500)
    assert GoogleCommand.from_flags(ALL_FLAGS, 3668) == GoogleCommand(
        examples=3668,
        batch_size=16,
        epochs=2.0,
        learning_rate=2e-5,
        warmup_proportion=0.2,
        max_length=64,
    )


def test_shell_variables_are_expanded(monkeypatch):
    monkeypatch.setenv("GLUE_DIR", "/data/glue")
    assert read_google_flags("--data_dir=$GLUE_DIR/MRPC") == {"data_dir": "/data/glue/MRPC"}
    assert read_google_flags("--data_dir=$NOWHERE_SET") == {"data_dir": "$NOWHERE_SET"}


@pytest.mark.parametrize(
    "command",
    [
        "python -u run_classifier.py --train_batch_size=16 > log.txt 2>&1 &",
        "CUDA_VISIBLE_DEVICES=0 python3 bert/run_classifier.py --train_batch_size=16 | tee -a log",
        "cd bert && python run_classifier.py --train_batch_size=16 && eval.py --num_train_epochs=9",
        "python run_classifier.py --train_batch_size=16; python eval.py --learning_rate=1",
        "--train_batch_size=16 # --num_train_epochs=9",
        "python run_classifier.py \\\r\n  --train_batch_size=16 \\\r\n  --data_dir='a;b #c'",
        "--train_batch_size=16 | tee -a log",
    ],
)
def test_only_the_flags_of_the_script_are_read(command):
    assert GoogleCommand.from_flags(command, 1000) == GoogleCommand(1000, batch_size=16)


@pytest.mark.parametrize(
    ("flags", "held"),
    [
        ("\u2013train_batch_size=64", "would ignore it. Cure: --train_batch_size=64"),
        ("\u2014train_batch_size 64", "would ignore it. Cure: --train_batch_size"),
        ("train_batch_size=64", "would ignore it. Cure: --train_batch_size=64"),
        ("\u201c--train_batch_size=64\u201d", "would ignore it. Cure: --train_batch_size=64"),
        ("/train_batch_size=64", "would ignore it. Cure: --train_batch_size=64"),
        ("-- --train_batch_size=64", "-- ends the flags"),
        ("--do_train 0", "--do_train takes its value after an equals sign: --do_train=false"),
        ("--do_lower_case yes", "equals sign: --do_lower_case=true"),
        ("--batch_size=64", "Did you mean --train_batch_size?"),
        ("--epochs=3", "Did you mean --num_train_epochs?"),
        ("--lr=5e-5", "Did you mean --learning_rate?"),
        ("--flagfile=flags.txt", "Pass what is in the file"),
        ("run_classifier.py --v=1; run_classifier.py --v=2", "Received: 2 commands"),
    ],
)
def test_what_the_script_would_ignore_is_refused(flags, held):
    assert held in refusal_of(flags)
