"""Which runs compare recipes, what is stored of them, and the tables made from them."""

import csv

import pytest

from benchmarks.recipes import data_sets
from benchmarks.recipes.data_sets import SETS, DataSet, Row, read_part, write
from benchmarks.recipes.document import FILE, document
from benchmarks.recipes.plan import (
    beside_none,
    hours,
    missing,
    planned,
    screened,
    survivors,
)
from benchmarks.recipes.results import Result, add_result, read_results
from benchmarks.recipes.runs import few_row_plan
from benchmarks.recipes.settings import (
    FEW,
    FEW_SETS,
    RECOMMENDED,
    SCREENED_ON,
    SEEDS,
    SETFIT,
    TECHNIQUES,
    TRAINER,
)
from benchmarks.recipes.tables import (
    MOST_CLASSES,
    Scores,
    beside_table,
    few_paired_table,
    few_table,
    main_table,
    paired_table,
    screening_table,
)
from kbert.results.paired_seeds import PairedSeeds


def rows(count, start=0):
    return [Row(f"text {n}", f"class {n % 2}") for n in range(start, start + count)]


def result(data_set="TREC", setting=RECOMMENDED, seed=0, test=0.5, dev=0.5, cpu=10.0, **changes):
    """A run whose second evaluation is the best."""
    scores = {
        part: {"accuracy": x, "macro_f1": x, "mcc": x} for part, x in (("dev", dev), ("test", test))
    }
    worse = {part: {name: x / 2 for name, x in one.items()} for part, one in scores.items()}
    values = {
        **{"data_set": data_set, "rows_per_class": None, "data": "abc", "tool": setting.tool},
        **{"flags": dict(setting.flags), "seed": seed, "epochs": [worse, scores]},
        **{
            "seconds": 2 * cpu,
            "cpu_seconds": cpu,
            "threads": 1,
            "machine": "a processor",
            "date": "2026-01-01",
        },
    }
    return Result(**{**values, "versions": {"kbert": "1"}, **changes})


@pytest.fixture
def few_rows(monkeypatch):
    """Parts of a few rows."""
    for name, count in (("TRAINING_ROWS", 6), ("DEV_ROWS", 4), ("TEST_ROWS", 5)):
        monkeypatch.setattr(data_sets, name, count)


def test_parts_share_no_rows_and_are_the_same_each_time(few_rows, tmp_path):
    double = rows(30) + rows(10)
    made = DataSet("Twice", "", lambda folder: (double, rows(8)))  # some are in the test file too
    files = write(made, tmp_path, tmp_path / "one")
    parts = [{row.text for row in read_part(path)} for path in (files.train, files.dev, files.test)]
    assert [len(part) for part in parts] == list(files.rows) == [6, 4, 5]
    assert len(set.union(*parts)) == 15
    assert write(made, tmp_path, tmp_path / "other").digest == files.digest
    assert not files.has_pairs


def test_without_a_test_file_its_rows_are_taken_from_the_rest(few_rows, tmp_path):
    files = write(DataSet("One", "", lambda folder: (rows(30), [])), tmp_path, tmp_path)
    assert files.rows == (6, 4, 5)


def test_few_rows_have_the_same_number_of_each_class(few_rows, tmp_path):
    files = write(DataSet("One", "", lambda folder: (rows(40), [])), tmp_path, tmp_path, 3)
    labels = [row.label for row in read_part(files.train)]
    assert sorted(labels) == ["class 0"] * 3 + ["class 1"] * 3


def test_publishers_files_are_read(tmp_path):
    """In their own formats: no header, a byte order mark, literal quotes, Latin-1."""
    cola, mrpc, bank, chinese, trec = (
        tmp_path / name for name in ("glue/CoLA", "glue/MRPC", "banking77", "chnsenticorp", "trec")
    )
    for folder in (cola, mrpc, bank, chinese, trec):
        folder.mkdir(parents=True)
    for name in ("train.tsv", "dev.tsv"):
        (cola / name).write_text('x\t1\t\tHe said "no.\ny\t0\t*\tNo he said.\n', encoding="utf-8")
        head = "\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n"
        (mrpc / name).write_text(f'{head}1\t2\t3\tOne "\tUno\n', encoding="utf-8")
    for name in ("train.csv", "test.csv"):
        with (bank / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "category"), ("Where,\nis it?\n", "card_arrival")])
    for name in ("train.tsv", "test.tsv"):
        (chinese / name).write_text("label\ttext_a\n1\t很好\n", encoding="utf-8")
    for name in ("train.txt", "test.txt"):
        (trec / name).write_bytes(b"4 Where is Bras\xeflia ?\n0 What is it ?\n")
    read = {one.name: one.read(tmp_path) for one in SETS if one.name != "Rotten Tomatoes"}
    assert read["CoLA"][0] == [
        Row('He said "no.', "acceptable"),
        Row("No he said.", "unacceptable"),
    ]
    assert read["MRPC"] == ([Row('One "', "same", "Uno")] * 2, [])
    assert read["banking77"][1] == [Row("Where,\nis it?", "card_arrival")]
    assert read["ChnSentiCorp"][1] == [Row("很好", "positive")]
    assert read["TREC"][0][0] == Row("Where is Brasïlia ?", "class 4")


def test_few_rows_get_as_many_updates_as_kbert_asks_for():
    assert few_row_plan(16) == {"batch_size": 4, "epochs": 25}  # the cure that kbert names
    assert few_row_plan(381) == {"batch_size": 8, "epochs": 3}
    assert few_row_plan(1232) == {"batch_size": 8, "epochs": 2}


def test_a_truncated_line_is_ignored(tmp_path):
    file = tmp_path / "results" / "runs.jsonl"
    assert read_results(file) == []
    add_result(result(seed=0), file)
    with file.open("a") as lines:
        lines.write(result(seed=1).line[:50])
    add_result(result(seed=2), file)
    assert [one.seed for one in read_results(file)] == [0, 2]
    assert read_results(file)[0] == result(seed=0)
    assert result().score() == 0.5


def test_finished_runs_are_not_missing():
    runs = planned("main", [])
    assert len(runs) == 2 * len(SETS) * len(SEEDS)
    assert [run.seed for run in runs] == sorted(run.seed for run in runs)
    found = [result(seed=1), result(seed=2, flags={"dropout": 0.2})]
    left = missing(runs, found)
    assert len(left) == len(runs) - 1
    assert not [r for r in left if (r.data_set.name, r.setting, r.seed) == ("TREC", RECOMMENDED, 1)]
    assert hours(left, found) == pytest.approx(20 * len(left) / 3600)
    assert hours(left, []) is None


def test_only_techniques_better_by_more_than_chance_survive():
    """A mean of 1 point in 5 seeds: with a deviation of 0.61 p = 0.022, with 2.12 0.351."""
    better, worse, by_chance = TECHNIQUES[:3]

    def runs(setting, *dev, points=(0, 0, 0, 0, 0)):
        return [
            result(name, setting, seed, dev=score + points[seed] / 100)
            for name, score in zip(SCREENED_ON, dev, strict=True)
            for seed in SEEDS
        ]

    found = [
        *runs(RECOMMENDED, 0.7, 0.8, points=(1, 0, 2, 0, 1)),
        *runs(by_chance, 0.7, 0.8, points=(4, 3, 3, -2, 1)),
        *runs(better, 0.69, 0.81, points=(2, 1, 2, 1.5, 2.5)),
        *runs(worse, 0.71, 0.76),
    ]
    assert screened(better, found)[4] == pytest.approx(0.775)
    assert round(beside_none(better, found).p, 3) == 0.022
    assert round(beside_none(by_chance, found).p, 3) == 0.351
    assert survivors(found) == [better]
    assert survivors(found[:-1]) == [better]
    assert survivors([one for one in found if one.seed or one.flags != better.flags]) == []
    assert all(run.setting == better for run in planned("survivors", found))


def test_a_rate_for_pretrained_weights_is_not_tried_on_new_ones(monkeypatch):
    kept = [one for one in TECHNIQUES if one.name in ("rate 2e-4", "batches of 16")]
    monkeypatch.setattr("benchmarks.recipes.plan.survivors", lambda found: kept)
    runs = [(run.data_set.name, run.setting.name) for run in planned("survivors", [])]
    assert ("ChnSentiCorp", "batches of 16") in runs
    assert ("ChnSentiCorp", "rate 2e-4") not in runs
    assert ("CoLA", "rate 2e-4") in runs


def test_minutes_are_averaged_only_if_all_sets_have_runs():
    names = [one.name for one in SETS if one.in_average]
    found = [result(name, cpu=60.0 * n) for n, name in enumerate(names, start=1)]
    whole, lacking = ([*main_table(Scores(runs), [RECOMMENDED])] for runs in (found, found[1:]))
    assert whole[-1].endswith("| 3.0 |")
    assert lacking[-1].endswith("|  |  |")


def test_screening_table_shows_deviation_and_p():
    """The means of both sets differ by 1, 2, 3, 1 and 3 points: t = 2 / (1 / sqrt 5)."""
    technique, gains = TECHNIQUES[0], (1, 2, 3, 1, 3)
    found = [
        result(name, setting, seed, dev=dev + (setting is technique) * gains[seed] / 100, cpu=cpu)
        for setting, cpu in ((RECOMMENDED, 10.0), (technique, 12.0))
        for name, dev in zip(SCREENED_ON, (0.7, 0.8), strict=True)
        for seed in SEEDS
    ]
    *_, line = screening_table(Scores(found), found)
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[0] == f"**{technique.name}**"
    assert cells[2:] == ["72.00 ± 1.00", "82.00 ± 1.00", "77.00 ± 1.00", "+2.00", "0.0111", "1.20"]


def test_the_averages_of_settings_beside_another():
    names = [one.name for one in SETS if one.in_average]
    found = [
        result(name, setting, seed, test=test + seed / 100)
        for setting, test in ((RECOMMENDED, 0.5), (TECHNIQUES[0], 0.4))
        for name in names
        for seed in SEEDS
    ]
    found[-1] = result(names[-1], TECHNIQUES[0], SEEDS[-1], test=0.5)
    lines = [*beside_table(Scores(found), TECHNIQUES[:2], RECOMMENDED)]
    assert len(lines) == 3
    assert lines[-1].startswith(f"| {TECHNIQUES[0].name} | -9.76 | ")
    assert lines[-1].endswith("| 0, 5 |")


def test_few_rows_are_scored_after_the_last_epoch_beside_setfit():
    ours = FEW[-1]
    found = [
        result(name, setting, seed, test=test + seed / 100, cpu=cpu, rows_per_class=rows)
        for setting, test, cpu in ((SETFIT, 0.5, 120.0), (ours, 0.6, 60.0))
        for name, rows in FEW_SETS
        for seed in SEEDS[:3]
    ]
    lines = [*few_table(Scores(found))]
    assert lines[-2:] == [
        "| average | | 51.00 ± 1.00 (3) |  | 61.00 ± 1.00 (3) |",
        "| minutes | | 2.0 |  | 1.0 |",
    ]
    assert "| TREC | 16 | 51.00 ± 1.00 (3) |  | 61.00 ± 1.00 (3) |" in lines
    paired = [*few_paired_table(Scores(found), ours, SETFIT)]
    assert len(paired) == 2 + len(FEW_SETS) + 1
    assert paired[-1].startswith("| average |  | +10.00 | ")
    assert [*few_paired_table(Scores(found[:5]), ours, SETFIT)][2:] == []


def test_the_tables():
    """The t test of differences of 1, 2 and 3 points: t = 2 / (1 / sqrt 3), p = 0.0742."""
    found = [
        *(result(setting=TRAINER, seed=seed, test=0.5, cpu=20.0) for seed in range(3)),
        *(
            result(setting=RECOMMENDED, seed=seed, test=0.51 + seed / 100, cpu=10.0)
            for seed in range(3)
        ),
        result(setting=TECHNIQUES[0]),
    ]
    lines = [*paired_table(Scores(found), RECOMMENDED, TRAINER)]
    assert "| TREC | +2.00 | -0.48 to +4.48 | 0.0742 | 3, 0 |" in lines
    assert "| CoLA | | | | |" in lines
    text = document(found)
    assert "| recommended |  | 52.00 ± 1.00 (3) |" in text
    assert "- main: 6 of 60 runs." in text


def test_the_document_is_that_of_the_results():
    assert FILE.read_text(encoding="utf-8") == document(read_results())


def test_the_default_is_better_than_the_trainer_at_no_more_time():
    """By the score of each set; the document also has CoLA's accuracy, which is lower."""
    scores = Scores(read_results())
    for one in SETS:
        beside = PairedSeeds.of(scores.of(TRAINER, one.name), scores.of(RECOMMENDED, one.name))
        assert beside.seeds == tuple(SEEDS)
        assert beside.mean > 0 or beside.p >= 0.05, one.name
    average = PairedSeeds.of(scores.averages(TRAINER), scores.averages(RECOMMENDED))
    assert average.interval.low > 0.005  # half a point
    without = [one.name for one in SETS if one.in_average and one.name != MOST_CLASSES]
    average = PairedSeeds.of(
        scores.averages(TRAINER, names=without), scores.averages(RECOMMENDED, names=without)
    )
    assert average.interval.low > 0.005
    assert scores.time(RECOMMENDED) < 1


def test_few_shot_is_no_worse_than_setfit_on_average():
    scores = Scores(read_results())
    assert PairedSeeds.of(scores.few(SETFIT), scores.few(FEW[-1])).interval.low > 0
