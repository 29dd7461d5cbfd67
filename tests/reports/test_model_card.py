"""The card of a model: what Hugging Face reads from it, and that markup in it is escaped."""

import json

import pytest
from huggingface_hub import ModelCard as TheirCard
from reports.hand_made import report_of
from reports.test_page import HOSTILE

from kbert.reports.model_card import ModelCard, is_for_card
from kbert.results.evaluation_history import EvaluationHistory

SETTINGS = 'data = "/home/me/films.csv"\npreset = "minilm"\nseed = 3\n'


def card(settings=SETTINGS, record=None, **changes):
    report = report_of(**changes)
    record = {**report.record, **(record or {})}
    return ModelCard(report.name, record, settings, report.history, report.baselines)


def test_hugging_face_reads_the_scores_of_the_run():
    text = card().text()
    data = TheirCard(text, ignore_metadata_errors=False).data
    assert (data.base_model, data.pipeline_tag, data.tags) == (
        *("sentence-transformers/all-MiniLM-L6-v2", "text-classification"),
        ["kbert", "bert"],
    )
    assert data.model_name == "films"
    best = report_of().history.best.first
    found = {one.metric_type: one.metric_value for one in data.eval_results}
    assert found == pytest.approx(
        {"accuracy": best.accuracy, "f1": best.macro_f1, "matthews_correlation": best.mcc},
        abs=1e-6,
    )
    assert {(one.dataset_name, one.dataset_split) for one in data.eval_results} == {
        ("films.csv", "dev")
    }
    assert data.license is data.language is None
    for expected in ("- bad\n- good\n", "the same for all", "TF-IDF", "- Rare.", "    seed = 3"):
        assert expected in text
    assert "/home/me" not in text


def test_the_export_fits_what_the_head_reads():
    text = card(SETTINGS + 'pooling = "mean"\n').text()
    assert 'format="onnx"' in text
    assert "reads the mean of the tokens, so transformers cannot hold it." in text
    assert 'format="huggingface"' in card(SETTINGS + 'pooling = "cls"\n').text()


@pytest.mark.parametrize("hostile", [*HOSTILE, "---\nlicense: mit", "a: b # c", "[x](http://y.z)"])
def test_markup_in_labels_and_names_is_escaped(hostile):
    findings = [{"code": "x", "severity": "warning", "message": hostile}]
    data = {hostile: {"source": hostile, "rows": 1, "skipped": 0}}
    text = card(
        names=(hostile, "good"),
        name=hostile,
        settings=f"text = {json.dumps(hostile)}\n",
        record={"findings": findings, "data": data},
    ).text()
    read = TheirCard(text, ignore_metadata_errors=False)
    assert read.data.model_name == hostile
    assert read.data.license is None
    prose = [line for line in read.text.splitlines() if not line.startswith("    ")]
    assert not [line for line in prose if "<" in line.replace("\\<", "")]
    assert len([line for line in prose if line.startswith("#")]) == 7
    assert "](http" not in "\n".join(prose).replace("\\]", "")


def test_unknown_facts_are_left_out():
    text = card(
        settings="", history=EvaluationHistory(), record={"findings": [], "data": {}}
    ).text()
    read = TheirCard(text, ignore_metadata_errors=False)
    assert read.data.base_model is None
    assert read.data.eval_results is None
    assert "The model was not evaluated." in text


@pytest.mark.parametrize(
    ("settings", "base"),
    [
        ('preset = "hf://google-bert/bert-base-uncased"', "google-bert/bert-base-uncased"),
        ('preset = "/home/me/bert"', None),
        ('preset = "minilm"\nweights = "random"', None),
        ('preset = "minilm"\nparent = "runs/a"', None),
    ],
)
def test_a_base_model_is_named_only_if_it_is_certain(settings, base):
    assert TheirCard(card(settings=settings).text()).data.base_model == base


def test_library_is_that_of_the_export():
    found = TheirCard(card().front_matter("transformers") + "\n# x\n").data
    assert found.library_name == "transformers"


def test_masked_models_and_empty_folders_have_no_card():
    assert is_for_card({"labels": ["a"]})
    assert not is_for_card({"labels": ["a"], "kind": "pretraining"})
    assert not is_for_card({})
