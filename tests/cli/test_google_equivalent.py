"""The command that `kbert plan --google-flags` suggests: pasted, it trains as the script would."""

import json
import shlex

import pytest

from kbert.cli.main import main
from kbert.runs.train import train


@pytest.fixture
def glue(tmp_path, minilm_vocab):
    """MRPC in GLUE's layout, a Google release and a file of sorted rows, with paths that a shell
    would split."""
    folder = tmp_path / "glue data" / "MRPC"
    folder.mkdir(parents=True)
    header = "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n"
    for name, rows in (("train", 203), ("dev", 40)):
        lines = [f"{n % 2}\t{n}\t{n}\tOne text {n}.\tAnother text {n}.\n" for n in range(rows)]
        (folder / f"{name}.tsv").write_text(header + "".join(lines), encoding="utf-8")
    lines = [f"Text {n}.;{'good' if n % 2 else 'bad'}\n" for n in range(203)]
    (tmp_path / "my file.csv").write_text("body;stars\n" + "".join(lines), encoding="utf-8")
    release = tmp_path / "cased_L-1_H-32_A-2"
    release.mkdir()
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    sizes |= {"intermediate_size": 64, "vocab_size": 30522, "max_position_embeddings": 64}
    (release / "bert_config.json").write_text(json.dumps({**sizes, "type_vocab_size": 2}))
    (release / "vocab.txt").write_bytes(minilm_vocab.read_bytes())
    return tmp_path


def kbert(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main(list(map(str, arguments)))
    out, err = capsys.readouterr()
    assert (err, end.value.code in (0, None, 2)) == ("", True)
    return out


def commands(out):
    """The suggested commands, split as a shell does, without the program's name."""
    lines = [line.partition(": ") for line in out.splitlines()]
    typed = [line for start, _, line in lines if start in ("First", "Equivalent kbert command")]
    return [words[words.index("kbert") + 1 :] for words in map(shlex.split, typed)]


def trained_with(monkeypatch, words):
    """The settings that a pasted `kbert train` trains with."""
    seen = []
    monkeypatch.setattr("kbert.runs.train.train", lambda config, **_: seen.append(config) or 1)
    monkeypatch.setattr("kbert.cli.show_next.show_next", lambda run: None)
    with pytest.raises(SystemExit):
        main(words)
    monkeypatch.setattr("kbert.runs.train.train", train)
    return seen[0]


@pytest.mark.parametrize("epochs", [1, 3])
def test_a_task_is_trained_with_its_flags_and_the_same_updates(glue, capsys, monkeypatch, epochs):
    monkeypatch.chdir(glue)
    flags = (
        "--task_name=MRPC --do_train=true --do_eval=true --data_dir='glue data/MRPC' "
        "--vocab_file=cased_L-1_H-32_A-2/vocab.txt --do_lower_case=False "
        "--bert_config_file=cased_L-1_H-32_A-2/bert_config.json "
        "--init_checkpoint=cased_L-1_H-32_A-2/bert_model.ckpt --max_seq_length=64 "
        f"--train_batch_size=16 --learning_rate=2e-5 --num_train_epochs={epochs} "
        "--save_checkpoints_steps=7 --output_dir='my out'"
    )
    # Without a file, the task's own is counted.
    out = kbert(capsys, "plan", "--google-flags", flags)
    assert f"N = int(203 / 16 * {epochs}) = {203 * epochs // 16} updates" in out
    (words,) = commands(out)
    config = trained_with(monkeypatch, words)
    assert (config.task, config.data, config.output) == ("mrpc", "glue data/MRPC", "my out")
    assert (config.preset, config.weights) == ("cased_L-1_H-32_A-2", "pretrained")
    assert (config.max_length, config.checkpoint_steps, config.recipe) == (64, 7, "google")
    assert config.plan(203).updates == 203 * epochs // 16
    assert config.plan(203).learning_rate == 2e-5


def test_a_file_is_used_whole_and_read_with_the_same_options(glue, capsys, monkeypatch):
    monkeypatch.chdir(glue)
    reading = ["--delimiter", ";", "--text", "body", "--label", "stars"]
    flags = "--do_train --train_batch_size=16 --num_train_epochs=2 --output_dir=out"
    (glue / "out").mkdir()
    (glue / "out" / "checkpoint").touch()
    out = kbert(capsys, "plan", "my file.csv", *reading, "--google-flags", flags)
    assert "N = int(203 / 16 * 2) = 25 updates" in out
    (words,) = commands(out)
    assert trained_with(monkeypatch, words).output == "out-1"  # the old one is not touched
    # The same command as a kbert plan: the same N, on the same rows.
    plan = [w for w in words if w not in ("--output", "out-1", "--max-length", "128")]
    record = json.loads(kbert(capsys, "plan", *plan[1:], "--json"))
    assert (record["examples"], record["updates"]) == (203, 25)


def test_a_required_import_is_suggested_first(glue, capsys, monkeypatch):
    monkeypatch.chdir(glue)
    release = "--bert_config_file=cased_L-1_H-32_A-2/bert_config.json"
    flags = f"{release} --init_checkpoint=cased_L-1_H-32_A-2/bert_model.ckpt --do_lower_case"
    first, then = commands(kbert(capsys, "plan", "--examples", 900, "--google-flags", flags))
    assert first[:2] == ["import", "cased_L-1_H-32_A-2"]
    assert "--lowercase" in first
    made = first[first.index("--output") + 1]
    assert then[then.index("--preset") + 1] == made
    flags = f"{release} --init_checkpoint=old/model.ckpt-343"
    first, then = commands(kbert(capsys, "plan", "--examples", 900, "--google-flags", flags))
    assert first[:2] == ["import", "old"]
    assert first[first.index("--base") + 1] == "cased_L-1_H-32_A-2"
    out = kbert(capsys, "plan", "--examples", 900, "--google-flags", flags)
    assert "name the classes of old in their order: --labels" in out
    task = f"{flags} --task_name=MRPC --data_dir='glue data/MRPC'"
    first, _ = commands(kbert(capsys, "plan", "--google-flags", task))
    labels = [first[n + 1] for n, word in enumerate(first) if word == "--labels"]
    assert labels == ["0", "1"]
    out = kbert(capsys, "plan", "--examples", 900, "--google-flags", release)
    assert "--weights random" in out
    assert "without --init_checkpoint the script starts from random weights" in out


@pytest.mark.parametrize(
    ("flags", "note"),
    [
        ("--task_name=sentiment --data_dir=x", "kbert does not know the task 'sentiment'"),
        ("--task_name=CoLA", "the task cola is read from a folder: --data_dir is missing"),
        ("--do_train=false", "with --do_train=false the script trains nothing"),
        (
            "--vocab_file=x/words.txt --init_checkpoint=x/bert_model.ckpt",
            "kbert reads only x/vocab.txt: put x/words.txt there",
        ),
        ("--num_train_epochs=1.5", "1.5 become 2, and N = 56"),
    ],
)
def test_differences_from_the_script_are_reported(flags, note, capsys):
    out = kbert(capsys, "plan", "--examples", 900, "--google-flags", flags)
    assert note in out
    assert "--dev-proportion 0" in out
