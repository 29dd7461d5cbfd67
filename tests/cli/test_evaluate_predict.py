import csv
import io
import json
import shlex
import sys
from pathlib import Path

import pandas
import pytest

from kbert import BertClassifier, KbertError, Labels, TrainConfig, read_examples
from kbert.cli.errors import errors as errors_verb
from kbert.cli.evaluate import Settings
from kbert.cli.evaluate import evaluate as evaluate_verb
from kbert.cli.main import main
from kbert.cli.predict import predict as predict_verb
from kbert.models.evaluate_batches import evaluate_batches
from kbert.runs.run_directory import RunDirectory
from kbert.utils.progress import reporting
from kbert.utils.say import verbosity

pytestmark = pytest.mark.keras

TEXTS = ["A joy.", "It drags, and drags.", 'Simply "wonderful".', "Schön; 很好"]


@pytest.fixture(scope="module")
def model(tiny_model):
    return tiny_model()


@pytest.fixture(scope="module")
def run(model, tmp_path_factory):
    """A run directory like that of a finished training run."""
    run = RunDirectory.create(tmp_path_factory.mktemp("runs") / "run")
    run.update(status="finished", text_pairs=False)
    model.save_to(run.model_folder)
    return run.path


@pytest.fixture(scope="module")
def expected(model):
    return model.predict_texts(TEXTS)


def split(changes):
    """Collect the arguments of a verb that are fields of `Settings`."""
    names = [name for name in changes if name in Settings.__dataclass_fields__]
    settings = Settings(**{name: changes.pop(name) for name in names})
    return {"batch_size": 8, **changes, "settings": settings}


def evaluate(run, data, **changes):
    evaluate_verb(run, str(data), **split(changes))


def predict(run, data, **changes):
    predict_verb(run, str(data), **split(changes))


def errors(run, data):
    errors_verb(run, str(data), near=0)


def csv_rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def check(rows, expected):
    assert [row["text"] for row in rows] == TEXTS
    assert [row["label"] for row in rows] == [prediction.label for prediction in expected]
    probabilities = [float(row["probability"]) for row in rows]
    assert probabilities == pytest.approx([p.probability for p in expected], abs=1e-5)


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("".join(f"{text}\n" for text in TEXTS), encoding="utf-8")
    return path


@pytest.mark.any_backend
def test_predicts_a_file_in_its_order_as_csv(run, lines, expected, capsys):
    predict(run, lines, batch_size=3)
    rows = csv_rows(capsys.readouterr().out)
    assert list(rows[0]) == ["row", "text", "label", "probability", "p(bad)", "p(good)"]
    check(rows, expected)
    good = [float(row["p(good)"]) for row in rows]
    assert good == pytest.approx([p.probabilities["good"] for p in expected], abs=1e-5)


def test_predicts_standard_input(run, lines, expected, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.read_bytes())))
    predict(run, "-", output_format="jsonl")
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    check(rows, expected)
    assert list(rows[0]["probabilities"]) == ["bad", "good"]


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("name", "output_format"),
    [("out.csv", ""), ("out.jsonl", ""), ("out.ndjson", ""), ("out.txt", "jsonl"), ("out", "")],
)
def test_an_output_file_has_the_format_of_its_suffix(
    run, lines, expected, tmp_path, capsys, name, output_format
):
    path = tmp_path / name
    predict(run, lines, output=path, output_format=output_format)
    text = path.read_text(encoding="utf-8")
    is_json = name.endswith("json") or output_format == "jsonl" or name.endswith("jsonl")
    check([json.loads(x) for x in text.splitlines()] if is_json else csv_rows(text), expected)
    assert capsys.readouterr().out == f"Wrote {path}: 4 rows.\n"


@pytest.mark.any_backend  # refused before a model is loaded
def test_an_unwritable_output_is_refused_before_loading_the_model(
    run, lines, tmp_path, monkeypatch
):
    predict(run, lines, output=tmp_path / "new" / "folder" / "out.csv")  # is created
    monkeypatch.setattr("kbert.serving.predictor.Predictor.load", None)
    with pytest.raises(KbertError, match="texts.txt is a file, and .*out.csv would lie in it"):
        predict(run, lines, output=lines / "out.csv")
    with pytest.raises(KbertError, match="out.csv cannot be written: "):
        predict(run, lines, output=Path("/proc/none/out.csv"))


@pytest.mark.any_backend
def test_every_column_of_a_file_is_kept(run, expected, tmp_path, monkeypatch, capsys):
    path = tmp_path / "texts.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [["id", "text", "label"], *([f"00{n}", text, "?"] for n, text in enumerate(TEXTS))]
        )
    predict(run, path)
    printed = capsys.readouterr().out
    rows = csv_rows(printed)
    assert list(rows[0])[:5] == ["row", "id", "text", "label", "predicted_label"]
    assert [(row["id"], row["text"], row["label"]) for row in rows] == [
        (f"00{n}", text, "?") for n, text in enumerate(TEXTS)
    ]
    assert [row["predicted_label"] for row in rows] == [one.label for one in expected]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    predict(run, "-", format="csv")
    assert capsys.readouterr().out == printed
    predict(run, path, output=tmp_path / "out.xlsx", keep_columns="id")
    sheet = pandas.read_excel(tmp_path / "out.xlsx", dtype={"id": str})
    assert list(sheet) == ["row", "id", "label", "probability", "p(bad)", "p(good)"]
    assert sheet["id"].tolist() == [f"00{n}" for n in range(len(TEXTS))]
    probabilities = [one.probability for one in expected]
    assert sheet["probability"].tolist() == pytest.approx(probabilities, abs=1e-5)
    predict(run, tmp_path / "out.xlsx", output_format="jsonl", keep_columns="none", text="id")
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [record["row"] for record in records] == [2, 3, 4, 5]  # as Excel numbers them
    predict(run, path, bom=True, keep_columns="none")
    assert capsys.readouterr().out.startswith("\ufeffrow,label,")


@pytest.mark.any_backend  # refused before a model is loaded
def test_a_workbook_cannot_go_to_standard_output(run, lines):
    with pytest.raises(KbertError, match="A workbook cannot be written to standard output. Name"):
        predict(run, lines, output_format="xlsx")


def test_predict_proba_reports_progress(model):
    done = []
    with reporting(done.append):
        probabilities = model.predict_proba(TEXTS * 3, batch_size=5)
    assert sum(done) == pytest.approx(len(TEXTS) * 3)
    assert len(done) == 3
    assert probabilities == pytest.approx(model.predict_proba(TEXTS * 3, batch_size=5))


def test_refuses_to_overwrite_a_file(run, lines):
    before = lines.read_bytes()
    with pytest.raises(KbertError, match="already exists; kbert never overwrites files"):
        predict(run, lines, output=lines)
    assert lines.read_bytes() == before


def test_refuses_an_unknown_output_suffix(run, lines, tmp_path):
    with pytest.raises(KbertError, match="identifies none of the formats csv, jsonl, xlsx"):
        predict(run, lines, output=tmp_path / "out.pdf")


@pytest.mark.any_backend
def test_a_model_folder_and_a_keras_file_predict_the_same(
    run, model, lines, expected, tmp_path, capsys
):
    model.save(tmp_path / "model.keras")
    for path in (run / "model", tmp_path / "model.keras"):
        predict(path, lines)
        check(csv_rows(capsys.readouterr().out), expected)


def test_skips_bad_rows_on_request(run, expected, tmp_path, capsys):
    path = tmp_path / "texts.txt"
    path.write_text(f"{TEXTS[0]}\n\n{TEXTS[1]}\n", encoding="utf-8")
    with pytest.raises(KbertError, match=r"row 2 .*is empty"):
        predict(run, path)
    predict(run, path, on_bad_row="skip")
    out, err = capsys.readouterr()
    assert [(row["row"], row["text"]) for row in csv_rows(out)] == [
        ("1", TEXTS[0]),
        ("3", TEXTS[1]),
    ]
    assert "skipped: " in err
    assert "row 2" in err
    assert err.endswith("Labelled 2 rows; 1 bad row left out.\n")
    predict(run, path, on_bad_row="skip", output=tmp_path / "out.csv")
    assert capsys.readouterr().out == f"Wrote {tmp_path / 'out.csv'}: 2 rows; 1 bad row left out.\n"


@pytest.mark.any_backend
def test_evaluates_a_file(run, model, reviews, capsys):
    examples = read_examples(reviews, labels=Labels(("bad", "good")))
    scores = evaluate_batches(model, model.batches(examples, batch_size=8))
    evaluate(run, reviews)
    out, err = capsys.readouterr()
    assert out == f"{scores}\n"
    assert "text = 'text', label = 'label'" in err
    evaluate(run, reviews, json=True)
    record = json.loads(capsys.readouterr().out)
    assert (record["rows"], record["accuracy"]) == (len(examples), scores.accuracy)
    assert [row["label"] for row in record["classes"]] == ["bad", "good"]


@pytest.mark.any_backend
def test_a_model_of_pairs(run, tmp_path, capsys):
    pairs = RunDirectory.create(tmp_path / "pairs")
    pairs.update(status="finished", text_pairs=True)
    BertClassifier.load(run).save_to(pairs.model_folder)
    data = tmp_path / "pairs.csv"
    data.write_text("sentence1,sentence2,label\nA joy.,It is.,good\nA mess.,No.,bad\n")
    evaluate(pairs.path, data)
    predict(pairs.path, data)
    assert len(csv_rows(capsys.readouterr().out.split("\n", 4)[-1])) == 2
    with pytest.raises(KbertError, match="trained on single texts, but .* contains text pairs"):
        evaluate(run, data)
    with pytest.raises(
        KbertError, match="trained on text pairs, but .*columns with `text` and `pair`"
    ):
        evaluate(pairs.path, data, text="sentence1")


@pytest.mark.parametrize("use", [evaluate, predict])
def test_refuses_an_invalid_batch_size(run, reviews, use):
    with pytest.raises(
        KbertError, match="`batch_size` must be a whole number, 1 or more. Received: 0"
    ):
        use(run, reviews, batch_size=0)


@pytest.mark.parametrize(
    "flags",
    [
        "{table} --keep-columns nte --output {out}.csv",
        "{table} --keep-columns note,Nte --bom --output {out}.csv",
        "{table} --keep-columns zzz --bom --output {out}.csv",
        "{twice} --output {out}.csv --bom",
        "{named} --output {out}.csv",
        "{table} --to xlsx",
        "{table} --to csv --output {out}.xlsx",
        "{table} --bom --output {out}.txt",
        "{table} --bom --output {out}.csv.gz",
        "{table} --output {taken}",
        "{formulas} --bom --output {out}.csv",
        "{long} --output {out}.xlsx",
        "{semicolons} --output {out}.csv",
    ],
)
@pytest.mark.any_backend  # refused before the backend computes anything
def test_the_suggested_cure_works(run, flags, tmp_path, capsys, monkeypatch):
    """Flags of the cure replace those given; if it is a note, do what it asks for."""
    monkeypatch.chdir(tmp_path)
    texts = {
        "table": "text,note\ngood,1\n",
        "twice": "text,note,note\ngood,1,2\n",
        "named": "text,label,predicted_label\ngood,1,2\n",
        "formulas": "text,note\ngood,=1+1\n",
        "long": f"text,note\ngood,{'x' * 40_000}\n",
        "semicolons": "text;note\ngood;1\n",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.csv").write_text(text)
    (tmp_path / "taken.csv").touch()
    places = {name: tmp_path / f"{name}.csv" for name in (*texts, "taken")}
    given = shlex.split(flags.format(out=tmp_path / "out", **places))
    status, told = told_by(["predict", str(run), *given], capsys)
    if flags.startswith("{formulas}"):  # which are written, with a warning
        assert status == 0
        (tmp_path / "out.csv").unlink()
    else:
        assert status == 2
    cure = told.rpartition("Cure: ")[2].strip()
    notes = {
        "write a file that ends in .csv": ["--output", f"{tmp_path}/out.csv"],
        "write a file that ends in .xlsx": ["--output", f"{tmp_path}/out.xlsx"],
    }
    noted = [flags for note, flags in notes.items() if cure.startswith(note)]
    followed = noted[0] if noted else shlex.split(cure.partition(", or ")[0])
    given = [word for word in given if word != "--bom" or "without --bom" not in told]
    kept = [at for at, word in enumerate(given) if word not in followed]
    values = [at + 1 for at, word in enumerate(given) if word in followed and word != "--bom"]
    again = [given[at] for at in kept if at not in values]
    status, told = told_by(["predict", str(run), *again, *followed], capsys)
    assert (status, told.count("Cure")) == (0, 0), told


def told_by(arguments, capsys):
    """Run a command line, and return its exit status and standard error."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return left.value.code, capsys.readouterr().err


def test_refuses_an_unknown_output_format(run, reviews):
    with pytest.raises(KbertError, match="`format` must be one of csv, jsonl, xlsx."):
        predict(run, reviews, output_format="xml")


@pytest.mark.parametrize("use", [evaluate, predict])
@pytest.mark.parametrize(
    ("status", "message"),
    [
        (None, "There is no file or folder"),
        ("", "holds no model. Expected a run"),
        ("stopped", r"is a run without a trained model .its status is 'stopped'"),
    ],
    ids=["none", "empty", "stopped"],
)
def test_refuses_a_run_without_a_model(tmp_path, reviews, use, status, message):
    if status is not None:
        run = RunDirectory.create(tmp_path / "run")
        if status:
            run.update(status=status)
        else:
            run.path.joinpath("file").touch()
    with pytest.raises(KbertError, match=message):
        use(tmp_path / "run", reviews)


def test_refuses_labels_that_the_model_does_not_know(run, tmp_path):
    data = tmp_path / "data.csv"
    data.write_text("text,label\nA joy.,splendid\n")
    with pytest.raises(KbertError, match=r"row 1 .*'splendid' is not one of the 2 known labels"):
        evaluate(run, data)


def test_a_file_created_meanwhile_is_kept(run, lines, tmp_path, monkeypatch):
    from kbert.serving.predictor import Predictor

    path, make = tmp_path / "out.csv", Predictor.predict

    def slow(*arguments, **options):
        path.write_text("theirs")
        return make(*arguments, **options)

    monkeypatch.setattr(Predictor, "predict", slow)
    with pytest.raises(KbertError, match=r"out\.csv already exists; kbert never overwrites files"):
        predict(run, lines, output=path)
    assert path.read_text() == "theirs"
    assert set(tmp_path.iterdir()) - {lines} == {path}


@pytest.mark.any_backend  # skipped rows are reported before a model is loaded
def test_warns_that_many_rows_are_skipped(run, tmp_path, capsys):
    path = tmp_path / "texts.txt"
    path.write_text("A joy.\n\n" * 20, encoding="utf-8")
    predict(run, path, on_bad_row="skip")
    err = capsys.readouterr().err
    assert "WARNING rows-skipped: 50% of the rows of" in err


@pytest.mark.any_backend  # texts are checked before a model is loaded
def test_warns_that_texts_are_numbers(run, tmp_path, capsys):
    path = tmp_path / "ids.csv"
    path.write_text("id,text\n" + "".join(f"{n},A joy.\n" for n in range(20)), encoding="utf-8")
    predict(run, path, text="id")
    assert "WARNING texts-are-numbers: 20 of the first 20 texts" in capsys.readouterr().err
    predict(run, path, text="text")
    assert "WARNING" not in capsys.readouterr().err


@pytest.mark.any_backend  # the columns are chosen before a model is loaded
def test_uses_the_columns_named_for_the_run(model, tmp_path, capsys):
    run = RunDirectory.create(tmp_path / "run")
    run.update(status="finished", text_pairs=False)
    model.save_to(run.model_folder)
    labels = model.labels.names
    run.write_config(TrainConfig("train.csv", text="story", label="kind").to_toml())
    path = tmp_path / "own.csv"
    rows = "".join(f"{text},{label}\n" for text, label in zip(TEXTS[:1] * 2, labels, strict=False))
    path.write_text("story,kind\n" + rows, encoding="utf-8")
    evaluate(run.path, path)
    assert "text = 'story', label = 'kind'" in capsys.readouterr().err
    predict(run.path, path)
    assert [row["story"] for row in csv_rows(capsys.readouterr().out)] == TEXTS[:1] * 2


@pytest.mark.any_backend  # how a file is read is known before a model is loaded
def test_reads_a_file_with_the_layout_of_the_run(model, tmp_path, capsys):
    run = RunDirectory.create(tmp_path / "run")
    run.update(status="finished", text_pairs=False)
    model.save_to(run.model_folder)
    settings = {"delimiter": ";", "encoding": "cp1252"}
    run.write_config(TrainConfig("train.csv", **settings).to_toml())
    path = tmp_path / "own.csv"
    rows = "".join(f"Très, très bien.;{label}\n" for label in model.labels.names)
    path.write_text("text;label\n" + rows, encoding="cp1252")
    for use in (evaluate, predict, errors):
        use(run.path, path)
        out, err = capsys.readouterr()
        assert f"{path} is read like the run's own file: " in err
    assert "Très, très bien." in out
    with pytest.raises(KbertError, match="is not utf-8"):
        predict(run.path, path, encoding="utf-8")


@pytest.mark.any_backend  # refused before Keras is used
@pytest.mark.parametrize("verb", ["predict", "evaluate"])
def test_the_model_comes_first(verb, run, lines):
    called = {"predict": predict, "evaluate": evaluate}[verb]
    with pytest.raises(
        KbertError, match="The model comes first, then the data: .* is a model"
    ) as e:
        called(lines, run)
    assert e.value.cure.call.arguments == (str(run), lines)
    with pytest.raises(KbertError, match="texts.txt is a file. Expected a run of kbert, an exp"):
        called(lines, lines)


@pytest.mark.any_backend  # depends only on the rows
def test_json_includes_findings_in_quiet_mode(run, tmp_path, capsys):
    data = tmp_path / "some.csv"
    data.write_text("text,label\nA joy.,good\n", encoding="utf-8")
    with verbosity(0):
        evaluate(run, data, json=True)
    shown = capsys.readouterr()
    assert [found["code"] for found in json.loads(shown.out)["findings"]] == ["class-absent"]
    assert shown.err == ""


@pytest.mark.any_backend
@pytest.mark.parametrize("temperature", [None, 1.5])
def test_abstains_and_reports_an_uncalibrated_model(temperature, model, lines, tmp_path, capsys):
    path = tmp_path / "model"
    model.save_to(path)
    if temperature is not None:
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        text = json.dumps({**config, "temperature": temperature})
        (path / "config.json").write_text(text, encoding="utf-8")
    shares = [one.probability for one in model.predict_texts(TEXTS)]
    limit = sum(sorted(shares)[1:3]) / 2
    predict(path, lines, abstain=str(limit))
    output = capsys.readouterr()
    rows = csv_rows(output.out)
    assert [row["abstained"] for row in rows] == [str(p < limit).lower() for p in shares]
    assert [row["label"] == "" for row in rows] == [p < limit for p in shares]
    assert ("is not calibrated" in output.err) == (temperature is None)
