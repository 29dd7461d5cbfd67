"""The files of a run are read by programs: they are English in every interface language."""

import json
import re

import pytest

from kbert import TrainConfig, train
from kbert.cli.language import catalogue
from kbert.cli.words import FlagWords
from kbert.findings import speaking

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]

CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
FOR_PEOPLE = {"report.html"}


@pytest.fixture(scope="module")
def run(reviews, tiny_preset, tmp_path_factory):
    config = TrainConfig(
        data=str(reviews),
        output=str(tmp_path_factory.mktemp("runs") / "run"),
        preset=str(tiny_preset),
        weights="random",
        max_length=32,
        epochs=2,
        allow=("too-few-updates",),
        batch_size=16,
        dev_proportion=0.3,
        calibrate=True,
    )
    with speaking(FlagWords(catalogue(["--lang", "zh"]))):
        return train(config, verbose=0)


def test_files_for_programs_are_in_english(run):
    texts = {
        file.relative_to(run.path).as_posix(): file.read_bytes().decode(errors="replace")
        for file in run.path.rglob("*")
        if file.suffix in (".json", ".toml", ".csv", ".txt", ".html") and file.name != "vocab.txt"
    }
    assert {"run.json", "config.toml", "evaluations.json", "baselines.json"} <= texts.keys()
    assert {"learning_rate.csv", "predictions.csv", "eval_results.txt"} <= texts.keys()
    assert {name for name, text in texts.items() if CHINESE.search(text)} == FOR_PEOPLE


def test_the_page_translates_the_recorded_findings(run):
    findings = json.loads((run.path / "run.json").read_text(encoding="utf-8"))["findings"]
    assert {"dev-small", "too-few-updates"} & {finding["code"] for finding in findings}
    page = (run.path / "report.html").read_text(encoding="utf-8")
    for finding in findings:
        assert {"message", "cure"} <= finding["stored"].keys(), finding["code"]
        assert finding["message"] not in page
    assert '<span class="badge warning">警告</span>' in page
