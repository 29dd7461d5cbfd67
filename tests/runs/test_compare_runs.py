"""Which runs can be compared, and what `kbert compare` and `kbert report` say about them."""

import csv
import json
import shutil
from dataclasses import replace

import pytest

from kbert import InputError, TrainConfig, read_examples, train
from kbert.cli.main import main
from kbert.runs.compare_runs import compare_on, compare_runs
from kbert.runs.run_directory import RunDirectory

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]


@pytest.fixture(scope="module")
def runs(reviews, tiny_preset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    config = TrainConfig(
        data=str(reviews),
        preset=str(tiny_preset),
        weights="random",
        max_length=8,
        epochs=1,
        allow=("too-few-updates",),
        batch_size=16,
        split_seed=3,
        baseline="none",
        report=False,
    )
    made = {"one": {}, "other": {"seed": 1}, "rows": {"split_seed": 4}, "score": {"monitor": "mcc"}}
    found = {
        name: train(replace(config, output=str(folder / name), **settings), verbose=0).path
        for name, settings in made.items()
    }
    found["labels"] = folder / "labels"
    shutil.copytree(found["one"], found["labels"])
    RunDirectory(found["labels"]).update(labels=["x", "y"])
    return found


def status(*arguments):
    with pytest.raises(SystemExit) as ended:
        main(list(map(str, arguments)))
    return ended.value.code or 0


def test_a_page_compares_runs_on_the_same_rows(runs, tmp_path, capsys):
    output = tmp_path / "page.html"
    assert status("report", runs["one"], runs["other"], "--output", output) == 0
    assert capsys.readouterr().out == f"Wrote {output}.\n"
    text = output.read_text(encoding="utf-8")
    for name in ("one", "other"):
        score = scores_of(runs[name])["accuracy"]
        assert f'<td>{name}</td><td class="number">{score:.4f}</td>' in text
    assert "<h2>Over seeds</h2>" in text
    assert compare_runs([runs["one"], runs["other"]]).differing == {
        "settings": {"seed": (0, 1)},
        "data": {},
        "versions": {},
    }
    assert status("report", runs["one"], runs["other"], "--output", output) == 2
    assert "exists" in capsys.readouterr().err


def scores_of(run):
    return json.loads((run / "evaluations.json").read_text())["epochs"][0]["dev"]


def predicted(run):
    """Return the label and the prediction for each row of the dev set."""
    with (run / "predictions.csv").open(encoding="utf-8", newline="") as file:
        return [(row["label"], row["predicted"]) for row in csv.DictReader(file)]


def test_the_command_compares_what_the_runs_predicted(runs, capsys):
    one, other = runs["one"], runs["other"]
    assert status("compare", one, other, "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert [run["run"] for run in record["runs"]] == [str(one), str(other)]
    assert [run["score"] for run in record["runs"]] == [
        scores_of(r)["accuracy"] for r in (one, other)
    ]
    pairs = list(zip(predicted(one), predicted(other), strict=True))
    rights = [(a == b, c == d) for (a, b), (c, d) in pairs]
    test = record["runs"][1]["against_first"]["test"]
    assert test["first"] == sum(first and not second for first, second in rights)
    assert test["second"] == sum(second and not first for first, second in rights)
    assert (record["on"], record["findings"], record["notes"]) == (None, [], [])
    assert record["over_seeds"][0]["scores"].keys() == {"0", "1"}
    assert status("compare", one, other) == 0
    assert f"accuracy on the same {record['rows']} rows of dev" in capsys.readouterr().out


def test_runs_on_different_rows_are_compared_on_a_file(runs, reviews, tmp_path, capsys):
    file = tmp_path / "new.csv"
    lines = reviews.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[:41]), encoding="utf-8")
    compared = (runs["one"], runs["rows"], runs["score"])
    assert status("compare", *compared, "--on", file, "--json") == 0
    out, err = capsys.readouterr()
    assert err.count(" rows") >= 1
    record = json.loads(out)
    assert record["on"] == record["set"] == str(file)
    # Runs judged by different scores are compared by the usual one.
    assert record["score"] == "accuracy"
    assert [found["code"] for found in record["findings"]] == ["trained-on"] * 3
    for run, found in zip(compared, record["runs"], strict=True):
        assert status("evaluate", run, file, "--json") == 0
        expected = json.loads(capsys.readouterr().out)
        assert found["scores"]["rows"] == expected["rows"] == record["rows"]
        for name in ("accuracy", "macro_f1", "mcc", "loss"):
            assert found["scores"][name] == pytest.approx(expected[name], abs=1e-4)
    assert record["differing"]["settings"]["split_seed"] == [3, 4, 3]


def test_each_model_reads_its_own_columns(runs, reviews, tmp_path, capsys):
    file = tmp_path / "two.csv"
    with reviews.open(encoding="utf-8", newline="") as source, file.open("w", newline="") as target:
        table = csv.writer(target)
        table.writerow(["text", "label"])
        table.writerows([f"row {n}", row["label"]] for n, row in enumerate(csv.DictReader(source)))
    assert status("compare", runs["one"], runs["other"], "--on", file, "--label", "label") == 0
    assert f"rows of {file}" in capsys.readouterr().out


def test_differing_rows_are_counted_and_the_first_is_named(runs, capsys):
    assert status("compare", runs["one"], runs["rows"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    sets = []
    for name in ("one", "rows"):
        with (runs[name] / "predictions.csv").open(encoding="utf-8", newline="") as file:
            sets.append([int(row["row"]) for row in csv.DictReader(file)])
    lacking = [row for row in sets[0] if row not in sets[1]]
    assert f"{len(lacking)} of the {len(sets[0])} of {runs['one']} are not among" in error
    assert f"the first of them row {lacking[0]} of" in error
    assert f" compare {runs['one']} {runs['rows']} --on DATA" in error


def test_without_the_data_the_sets_are_named(runs, tmp_path, reviews):
    copies = []
    for name in ("one", "rows"):
        copies.append(tmp_path / name)
        shutil.copytree(runs[name], copies[-1])
        settings = (copies[-1] / "config.toml").read_text(encoding="utf-8")
        (copies[-1] / "config.toml").write_text(settings.replace(str(reviews), "gone.csv"))
    with pytest.raises(InputError, match=r"or on the same in another order: \d+ rows of .*seed 3"):
        compare_runs(copies)
    one, again = copies[0], tmp_path / "again"
    shutil.copytree(one, again)
    assert compare_runs([one, again]).runs[1].against.difference == 0  # which needs no texts
    (again / "predictions.csv").unlink()
    found = compare_runs([one, again])
    assert found.runs[1].against.interval is None
    assert found.notes[0].startswith("again: The results for single rows are left out: ")


def test_an_unfinished_run_is_refused(runs, tmp_path, capsys):
    other = tmp_path / "stopped"
    shutil.copytree(runs["other"], other)
    RunDirectory(other).update(status="stopped")
    assert status("compare", runs["one"], other) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"kbert: {other} has not finished (its status is 'stopped')")
    assert error.endswith(f" resume {other}\n")


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("rows", "were evaluated on different rows"),
        ("score", "was judged by accuracy, and .* by mcc"),
        ("one", "is named twice"),
        ("labels", "has different labels than .*: x, y, not bad, good"),
        ("nothing", "nothing"),
    ],
)
@pytest.mark.parametrize("verb", ["report", "compare"])
def test_runs_that_cannot_be_compared_are_refused(runs, verb, second, message, capsys):
    other = runs.get(second, "nothing")
    with pytest.raises(InputError, match=message):
        compare_runs([runs["one"], other])
    assert status(verb, runs["one"], other) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "Traceback" not in error


def test_the_cure_fits_what_differs(runs, reviews, tmp_path):
    with pytest.raises(InputError, match=r"with the same rows set aside$"):
        compare_runs([runs["one"], runs["rows"]])
    other = tmp_path / "other"
    shutil.copytree(runs["rows"], other)
    settings = (other / "config.toml").read_text(encoding="utf-8")
    changed = settings.replace("reviews.csv", "others.csv")
    assert changed != settings
    (other / "config.toml").write_text(changed, encoding="utf-8")
    with pytest.raises(InputError, match=r"or train both with the same dev file$"):
        compare_runs([runs["one"], other])


def test_a_single_run_is_refused(runs, capsys):
    assert status("compare", runs["one"]) == 2
    assert "needs two runs or more" in capsys.readouterr().err


def test_rows_that_are_read_differently_are_refused(runs, reviews):
    whole = read_examples(reviews)
    with pytest.raises(InputError, match="has other rows or labels for .*other than for .*one"):
        compare_on([runs["one"], runs["other"]], [whole, whole.take(range(len(whole) - 1))])
