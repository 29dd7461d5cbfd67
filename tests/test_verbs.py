"""`kbert inspect` and `kbert plan` in processes of their own; the findings are tested elsewhere."""

import json
import subprocess
import sys

import pytest


def kbert(*arguments, cwd=None):
    """Run the command line; return its status and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "kbert", *map(str, arguments)],
        capture_output=True,
        cwd=cwd,
        check=False,
        encoding="utf-8",
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("rows", "batch", "epochs", "status", "codes"),
    [
        (25_000, 32, 3, 0, []),
        (100, 64, 1, 2, ["too-few-updates", "no-warmup"]),
        (10_000_000, 8, 1, 0, ["warmup-too-long"]),
    ],
)
def test_plan_of_a_number_of_examples(rows, batch, epochs, status, codes):
    flags = ["--examples", rows, "--batch-size", batch, "--epochs", epochs]
    returned, out, err = kbert("plan", *flags)
    assert (returned, err) == (status, "")
    assert f"{rows:,} examples in batches of {batch}" in out
    assert "█" in out
    for code in codes:
        assert f" {code}\n" in out
    returned, out, err = kbert("plan", *flags, "--json")
    assert (returned, err) == (status, "")
    record = json.loads(out)
    assert [finding["code"] for finding in record["findings"]] == codes
    assert record["updates"] == -(-rows // batch) * epochs


def test_plan_of_a_file_counts_the_rows_that_are_trained_on(reviews, tmp_path):
    status, out, _ = kbert("plan", reviews, "--batch-size", 8, "--plot", tmp_path / "plan.png")
    assert status == 0
    assert "  95 examples in batches of 8: 12 batches per epoch" in out
    assert (tmp_path / "plan.png").read_bytes().startswith(b"\x89PNG")
    assert kbert("plan", reviews, "--dev-proportion", 0, "--json")[1].count('"examples": 106')
    status, _, err = kbert("plan", reviews, "--batch-size", 8, "--plot", tmp_path / "plan.png")
    assert (status, err.count("\n")) == (2, 1)
    assert "already exists" in err


@pytest.mark.parametrize("data", [False, True], ids=["examples", "file"])
def test_plan_of_a_google_command(data, tmp_path):
    rows = [f"Text {number}.,{'good' if number < 500 else 'bad'}\n" for number in range(1000)]
    (tmp_path / "sorted.csv").write_text("text,label\n" + "".join(rows))
    source = [tmp_path / "sorted.csv"] if data else ["--examples", 1000]
    flags = ["--google-flags", "--train_batch_size=32 --num_train_epochs=2", "--global-step", 62]
    status, out, err = kbert("plan", *source, *flags)
    assert (status, err) == (2, "")
    # int(1000 / 32 * 2) is 62, the step already reached.
    assert "= 62 updates" in out
    assert "Skipping training" in out
    assert " plan-ended\n" in out
    assert ("small-shuffle-buffer" in out) == data
    instead = next(
        line for line in out.splitlines() if line.startswith("Equivalent kbert command: ")
    )
    assert " train " in instead
    assert "--recipe google --batch-size 32 --epochs 2" in instead
    status, out, err = kbert("plan", *source, *flags, "--json")
    assert (status, err) == (2, "")
    record = json.loads(out)
    assert (record["updates"], record["remaining"], record["learning_rate_now"]) == (62, 0, 0.0)


def test_plan_of_a_google_command_that_kbert_would_refuse():
    flags = ["--google-flags", "--train_batch_size=128 --num_train_epochs=1.5"]
    status, out, _ = kbert("plan", "--examples", 500, *flags)
    assert status == 2
    assert "Cure: --train_batch_size=" in out
    *_, reason, epochs = out.splitlines()
    assert reason.startswith("  (kbert would refuse it: The run changes the weights 6 ")
    assert epochs == "  (kbert trains whole epochs: 1.5 become 2, and N = 7)"
    _, out, _ = kbert("plan", "--examples", 100, *flags)
    assert "would refuse it: 100 examples do not fill a batch of 128" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--global-step", 5], "--global-step is used only with --google-flags"),
        (
            ["--google-flags", "", "--batch-size", 64],
            "leave out --batch-size and write it there, as in",
        ),
    ],
)
def test_plan_refuses_settings_that_it_would_ignore(arguments, message):
    status, _, err = kbert("plan", "--examples", 1000, *arguments)
    assert (status, message in err) == (2, True)


def test_inspect(reviews, tmp_path):
    status, out, err = kbert("inspect", reviews, "--plot", tmp_path / "batches.png")
    assert (status, err) == (0, "")
    for part in ("106 rows", "script       LATIN 100%", "majority", "[UNK]", " class-sorted\n"):
        assert part in out
    assert (tmp_path / "batches.png").read_bytes().startswith(b"\x89PNG")


def test_inspect_as_json_with_a_dev_file_that_is_the_training_file(reviews):
    status, out, err = kbert("inspect", reviews, "--dev", reviews, "--json")
    assert (status, err) == (2, "")
    record = json.loads(out)
    assert record["overlaps"] == {"dev": {"rows": 106, "shared": 106}}
    assert record["findings"][0]["code"] == "dev-overlap"


def test_inspect_continues_after_bad_rows_and_without_labels(tmp_path):
    (tmp_path / "bad.csv").write_text("text,label\nA joy.,good\n,bad\nA mess.,bad\n")
    status, out, _ = kbert("inspect", "bad.csv", cwd=tmp_path)
    assert status == 2
    assert (
        "1 row cannot be used, the first: row 2 (line 3): the text (column 'text') is empty." in out
    )
    (tmp_path / "texts.txt").write_text("A joy.\nA mess.\n")
    status, out, _ = kbert("inspect", "texts.txt", cwd=tmp_path)
    assert status == 0
    assert "texts.txt: 2 rows" in out


def test_inspect_without_the_tokenizer_counts_no_tokens(reviews):
    status, out, _ = kbert("inspect", reviews, "--preset", "bert_base_en_uncased")
    assert status == 0
    assert "tokens were not counted: the preset bert_base_en_uncased is on a hub" in out


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["plan", "--examples", "20"], 2),
        (["plan", "{reviews}"], 2),
        (["inspect", "{reviews}"], 0),
        (["train", "{reviews}", "--epochs", "1"], 2),
        (["resume", "none"], 2),
        (["continue", "none"], 2),
    ],
    ids=["plan", "plan-file", "inspect", "train", "resume", "continue"],
)
def test_imports_no_framework(arguments, status, reviews, tmp_path):
    arguments = [argument.format(reviews=reviews) for argument in arguments]
    code = f"import kbert.cli.main, sys\ntry: kbert.cli.main.main({arguments})\n"
    code += "except SystemExit as end: status = end.code\n"
    code += "print(status, *sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    lines = done.stdout.split("\n")
    assert str(status) in lines
    assert "kbert.cli.main" in lines
    assert {"keras", "keras_hub", "tensorflow", "jax", "torch"}.isdisjoint(lines)
    assert not list(tmp_path.iterdir())
