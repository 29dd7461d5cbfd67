"""Findings in the data of a run before it is trained. No Keras."""

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from kbert import Tokenizer, read_examples
from kbert.cli.examples import warn_of_unknown_tokens
from kbert.config import TrainConfig
from kbert.data.inspection.inspect_examples import inspect_examples
from kbert.exports.dev_examples import dev_examples
from kbert.interop.sources import find_source
from kbert.runs.judge_data import judge_data
from kbert.runs.read_sets import read_files, read_sets, set_aside
from kbert.runs.recorded_split import RecordedSplit
from kbert.runs.run_config import inherited_split, run_config
from kbert.runs.run_directory import RunDirectory
from kbert.runs.trained_on import trained_on

OLD = Path(__file__).parents[1] / "data" / "formats" / "0.1"


@pytest.fixture
def write(tmp_path):
    def write(rows, name="train.csv"):
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["text", "label"], *rows])
        return str(path)

    return write


@pytest.fixture
def repeated():
    """200 rows: a third of the texts occur twice, ten of them with another label."""
    rows = [[f"Film number {n}", "good" if n % 2 else "bad"] for n in range(150)]
    again = [[f"film  number {n}", label] for n, (_, label) in enumerate(rows[:50])]
    for row in again[:10]:
        row[1] = "good" if row[1] == "bad" else "bad"
    return rows + again


def judge(config, split_version=2):
    whole, given = read_files(config)
    training, sets = set_aside(config, whole, given, RecordedSplit(split_version))
    return {f.code: f for f in judge_data(config, whole, training, sets, None)}


def test_rows_set_aside_share_no_text_with_the_rest(write, repeated):
    config = TrainConfig(data=write(repeated), dev_proportion=0.3)
    training, sets = read_sets(config)
    assert len(training) + len(sets["dev"]) == 200
    inspection = inspect_examples(training, dev=sets["dev"])
    assert inspection.overlaps == {"dev": (60, 0)}
    assert "dev-overlap" not in judge(config)


def test_a_run_of_0_1_is_warned_about_its_split(write, repeated):
    config = TrainConfig(data=write(repeated), dev_proportion=0.3, text="text")
    found = judge(config, split_version=1)["dev-overlap"]
    assert found.severity == "warning"
    assert str(found.cure).startswith("kbert.train(kbert.TrainConfig(")
    assert "in a new run: it keeps equal texts together" in str(found.cure)
    assert "`dev`" not in str(found.cure)


def test_the_whole_file_gets_the_findings_of_inspect(write, repeated):
    path = write(repeated)
    config = TrainConfig(data=path, dev_proportion=0.5)
    whole, _ = read_files(config)
    inspected = {f.code: f.message for f in inspect_examples(whole, for_kbert=True).findings}
    judged = {code: f.message for code, f in judge(config).items()}
    judged.pop("near-duplicates", None)  # compares the two sets
    assert judged == inspected
    assert inspected["conflicting-labels"].startswith("20 rows have a text that also occurs")
    assert "50 rows (25.0%)" in inspected["duplicates"]


def test_small_dev_sets_get_a_cure_that_fits(write, repeated):
    own = judge(TrainConfig(data=write(repeated)))["dev-small"]
    assert own.message.startswith("dev has 20 rows")
    assert own.cure.settings == {"dev_proportion": 0.3}
    larger = judge(TrainConfig(data=write(repeated[:100]), dev_proportion=0.4))["dev-small"]
    assert str(larger.cure) == 'dev="FILE", with more rows, in place of `dev_proportion`'
    dev = write(repeated[:20], "dev.csv")
    given = judge(TrainConfig(data=write(repeated), dev=dev))
    assert given["dev-small"].cure.settings == {}
    assert str(given["dev-small"].cure).startswith("add rows to the file, or leave out `dev`")
    assert str(given["dev-overlap"].cure).startswith("take these rows out of one of the two files")


def test_cures_for_the_files_of_a_task_do_not_name_dev(tmp_path):
    lines = ["index\tsentence1\tsentence2\tlabel"]
    lines += [f"{n}\ta {n}\tb {n}\t{('', 'not_')[n % 2]}entailment" for n in range(20)]
    for name in ("train.tsv", "dev.tsv"):
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = judge(TrainConfig(data=str(tmp_path), task="rte"))
    assert found["dev-overlap"].severity == "error"
    for code in ("dev-overlap", "dev-small"):
        assert "`dev`" not in str(found[code].cure)
        assert "file" in str(found[code].cure)


@pytest.fixture
def old_run(tmp_path, monkeypatch):
    shutil.copytree(OLD / "run", tmp_path / "run")
    shutil.copy(OLD / "reviews.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    return RunDirectory("run")


def test_a_run_of_0_1_keeps_its_split(old_run):
    config = run_config(old_run)
    recorded = old_run.record["data"]
    assert old_run.split_version == 1
    training, sets = read_sets(config, split=RecordedSplit.of(old_run))
    assert training.fingerprint == recorded["train"]["sha256"]
    assert sets["dev"].fingerprint == recorded["dev"]["sha256"]
    exported = dev_examples(old_run.path, training.labels, None, {})
    assert exported.fingerprint == recorded["dev"]["sha256"]


def test_evaluate_knows_the_training_rows_of_a_run_of_0_1(old_run):
    whole = read_examples("reviews.csv")
    training, dev = whole.split_as_in_0_1(0.2, 3)
    assert trained_on("run", dev) is None
    assert trained_on("run", training.take([0, 1, 2])).message.startswith("3 rows of ")


def test_a_run_without_a_record_has_the_current_split(old_run):
    (old_run.path / "run.json").unlink()
    assert old_run.split_version == 2


def test_training_further_on_the_same_data_keeps_the_split(old_run, tmp_path):
    settings = {"parent": "run", "output": "next", "max_length": 24}
    assert inherited_split(TrainConfig(data="reviews.csv", **settings)).version == 1
    assert inherited_split(TrainConfig(data=str(tmp_path / "reviews.csv"), **settings)).version == 1
    shutil.copy("reviews.csv", "more.csv")
    assert inherited_split(TrainConfig(data="more.csv", **settings)).version == 2
    assert inherited_split(TrainConfig(data="reviews.csv")).version == 2
    record = json.loads((old_run.path / "run.json").read_text(encoding="utf-8"))
    (old_run.path / "run.json").write_text(json.dumps({**record, "split_version": 2}))
    assert inherited_split(TrainConfig(data="reviews.csv", **settings)).version == 2


@pytest.fixture
def chinese(write):
    return write([[f"这部电影很好看 {n}", "xy"[n % 2]] for n in range(40)])


def unknown(config):
    whole, given = read_files(config)
    training, sets = set_aside(config, whole, given, RecordedSplit())
    tokenizer = Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abc"])
    return {f.code: f for f in judge_data(config, whole, training, sets, tokenizer)}[
        "unknown-tokens"
    ]


def test_another_preset_is_proposed_if_one_can_be_chosen(chinese, old_run):
    config = TrainConfig(data=chinese)
    assert unknown(config).severity == "error"
    assert str(unknown(config).cure).startswith('preset="bert_base_zh", which is downloaded')
    allowed = unknown(replace(config, allow=("unknown-tokens",)))
    assert (allowed.severity, allowed.allowed) == ("warning", True)
    same = unknown(TrainConfig(data=chinese, preset="bert_base_zh"))
    assert str(same.cure) == "check that the vocabulary of bert_base_zh belongs to its weights"
    further = unknown(TrainConfig(data=chinese, parent="run"))
    assert str(further.cure).startswith("kbert.train(kbert.TrainConfig(")
    assert str(further.cure).endswith("in a new run: run keeps its vocabulary")


def test_a_model_in_use_warns_on_standard_error(chinese, old_run, capsys):
    source = find_source("run")
    warn_of_unknown_tokens(source, read_examples("reviews.csv"))
    assert capsys.readouterr() == ("", "")
    warn_of_unknown_tokens(source, read_examples(chinese))
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("WARNING unknown-tokens: ")
    assert "the CJK letters" in printed.err


def test_many_skipped_rows_of_any_set_stop_a_run(write):
    sound = [[f"Film number {n}", "good" if n % 2 else "bad"] for n in range(100)]
    other = [
        [f"Another film, {n}", "" if n % 4 == 0 else ["bad", "good"][n % 2]] for n in range(80)
    ]
    config = TrainConfig(data=write(sound), dev=write(other, "dev.csv"), on_bad_row="skip")
    finding = judge(config)["rows-skipped"]
    assert finding.severity == "error"
    assert finding.message.startswith("25% of the rows of dev (20 of 80) cannot be used")
