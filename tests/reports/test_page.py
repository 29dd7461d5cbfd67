"""The page of a run: what it contains, and that markup in its texts is escaped."""

import base64
import hashlib
import html
import re
import time
from html.parser import HTMLParser

import numpy as np
import pytest
from reports.hand_made import report_of

from kbert.plans.training_plan import TrainingPlan
from kbert.reports import run_report
from kbert.reports.page import page
from kbert.reports.training_log import TrainingLog
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.multi_evaluation import MultiEvaluation
from kbert.results.prediction_table import PredictionTable
from kbert.targets.multi import Multi

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }} {% raw %}",
    "javascript:alert(1)",
    "]]></style><svg onload=alert(1)>",
    "\x00\x1b[31m\u202e",
]
VOID = {"meta", "input", "link", "br", "img", "rect", "circle", "path", "line"}


class Elements(HTMLParser):
    """Collects the elements of a page, and checks that they are properly nested."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attributes]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_shows_the_scores_of_the_run_beside_its_baselines():
    text = page(report_of())
    for expected in ("<h1>films</h1>", "this model", "the same for all", "TF-IDF", "imbalance"):
        assert expected in text
    accuracy = report_of().history.best.first.accuracy
    assert f'<p class="score">{accuracy:.4f}' in text
    assert re.search(r"0\.\d{4} to 0\.\d{4}|0\.\d{4} to 1\.0000", text)
    assert "epoch 2" in text
    assert " · 2026-01-02T03:04:05+0000</p>" in text  # no comma, which differs by language


def test_is_one_well_formed_page_that_loads_nothing():
    text = page(report_of())
    elements = Elements(text)
    assert elements.open == []
    assert not {"link", "img", "iframe", "object", "form"} & set(elements.tags)
    assert not {"src", "style"} & set(elements.attributes)
    assert not [name for name in elements.attributes if name.startswith("on")]
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)


def test_policy_allows_only_its_own_script_and_style():
    text = page(report_of())
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        [content] = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy.replace("&#39;", "'")
    assert policy.startswith("default-src")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_markup_in_texts_labels_and_names_is_escaped(hostile):
    plain = Elements(page(report_of()))
    record = {**report_of().record, "findings": []}
    record["findings"] = [{"code": hostile, "severity": "info", "message": hostile}]
    record["data"] = {hostile: {"source": hostile, "rows": 1, "skipped": 0}}
    text = page(
        report_of(
            texts=[hostile] * 40,
            names=(hostile, "good"),
            name=hostile,
            settings=hostile,
            notes=(hostile,),
            record=record,
        )
    )
    found = Elements(text)
    assert found.open == []
    assert set(found.tags) <= set(plain.tags)
    assert set(found.attributes) <= set(plain.attributes)
    assert "<img" not in text
    assert "49" not in re.findall(r"<h1>.*?</h1>", text, re.DOTALL)[0]


def test_a_run_without_an_evaluation_or_steps_has_a_page_too():
    none = np.empty(0)
    text = page(
        report_of(
            history=EvaluationHistory(),
            predictions=None,
            baselines=None,
            texts=None,
            plan=None,
            log=TrainingLog(*[none] * 5),
            record={},
        )
    )
    assert "This run had no rows to evaluate on." in text
    assert Elements(text).open == []


def test_many_rows_and_steps_still_make_a_small_page():
    plan = TrainingPlan(examples=3_200_000, batch_size=32, epochs=1, learning_rate=1e-3)
    steps = np.arange(100_000.0)
    log = TrainingLog(
        steps, plan.learning_rate_at(steps.astype(int)), np.sin(steps), np.cosh(steps / 1e4), steps
    )
    rows = 10_000
    report = report_of(rows, texts=["word " * 400] * rows, plan=plan, log=log)
    started = time.monotonic()
    text = page(report)
    assert len(text.encode()) < 5e6
    assert text.count("<tr>") < 1_500
    assert time.monotonic() - started < 60  # even on a busy machine; see make bench


def test_without_texts_rows_are_shown_by_number():
    text = page(report_of(texts=None, notes=("The texts are left out: films.csv is gone.",)))
    assert "The texts are left out" in text
    assert "Text 1" not in text
    assert "Most confident mistakes" in text


@pytest.mark.parametrize("kind", [None, "pretraining"])
def test_shows_what_the_model_can_be_used_for(kind):
    report = report_of()
    text = page(report_of(record={**report.record, "kind": kind}))
    assert ("kbert train LABELLED_FILE --preset RUN" in text) is (kind == "pretraining")
    assert ("kbert predict RUN FILE" in text) is (kind is None)


def test_several_labels_have_a_table_by_label():
    logits = np.float32([[1, -1], [-1, 1], [1, 1]])
    scores = MultiEvaluation.from_logits(logits, np.float32([[1, 0], [0, 1], [1, 0]]), ("a", "<b>"))
    history = EvaluationHistory()
    history.add(EvaluationRecord(1, 10, {"dev": scores}))
    text = page(report_of(history=history, predictions=None, baselines=None, target=Multi()))
    assert "<h2>Labels</h2>" in text
    precision = f'<td class="number">{scores.classes[1].precision:.4f}</td>'
    assert f"<tr><td>&lt;b&gt;</td>{precision}" in text


CHANGE = {"ece": [0.0912, 0.0231], "brier": [0.31, 0.29], "log_loss": [0.7, 0.6]}


@pytest.mark.parametrize(
    ("calibration", "told"),
    [
        (
            {"temperature": 1.6, **CHANGE},
            [
                "divided by the temperature 1.6, fitted on the rows of dev",
                "rows of dev. The model was not trained on them, but its temperature was fitted",
            ],
        ),
        (
            {
                "temperature": 1.6,
                **CHANGE,
                "others": {"test": {**CHANGE, "ece": [0.0815, 0.0142]}},
            },
            ["No temperature was fitted on the rows of test.", "test before", "0.0815", "0.0142"],
        ),
        (
            {"temperatures": [1.6, 1.25], **CHANGE},
            ["divided by the temperatures 1.6, 1.25, each fitted on the rows of its fold"],
        ),
    ],
)
def test_explains_the_temperature(calibration, told):
    made = report_of()
    text = page(report_of(record={**made.record, "calibration": calibration}))
    for one in [*told, "0.0912", "0.0231"]:
        assert one in text, one


@pytest.mark.parametrize("calibration", [None, {"temperature": 1.0, **CHANGE}])
def test_an_uncalibrated_model_is_not_called_calibrated(calibration):
    made = report_of()
    text = page(report_of(record={**made.record, "calibration": calibration}))
    assert "<h3>Coverage</h3>" in text
    assert "The model was not trained on them, and no temperature was fitted on them." in text
    assert "calibrated" not in text


def test_the_probabilities_of_several_labels_are_scored_by_label(monkeypatch):
    monkeypatch.setattr(run_report, "sampled_scores", lambda *_: None)  # which takes seconds
    shares = np.float32([[0.9, 0.22], [0.78, 0.6], [0.3, 0.4], [0.6, 0.1]])
    true = np.float64([[1, 0], [0, 1], [0, 0], [1, 0]])
    target = Multi()
    history = EvaluationHistory()
    scores = target.scores(target.raw(shares), true, ("a", "<b>"))
    history.add(EvaluationRecord(1, 10, {"dev": scores}))
    table = PredictionTable(("a", "<b>"), {"row": [1, 2, 3, 4]}, true, shares)
    text = page(report_of(history=history, predictions=table, baselines=None, target=target))
    # By hand: how far the probability of each answer is from 1 if it is right, else from 0.
    expected = {"a": (0.1 + 0.78 + 0.3 + 0.4) / 4, "&lt;b&gt;": (0.22 + 0.4 + 0.4 + 0.1) / 4}
    for at, (label, ece) in enumerate(expected.items()):
        brier = 2 * np.square(shares - true)[:, at].mean()
        cells = f'<td class="number">{ece:.4f}</td><td class="number">{brier:.4f}</td>'
        assert re.search(rf"<tr><td>{label}</td>.*{cells}", text)
    # Of all answers: at 0.9 both are right, at 0.78 one of two, at 0.7 one, and at 0.6 all three.
    ece = (2 * 0.1 + 2 * 0.28 + 0.3 + 3 * 0.4) / 8
    brier = 2 * np.square(shares - true).mean()
    assert f"calibration error (ECE) {ece:.4f}, Brier score {brier:.4f}" in text
    assert "on the 4 rows of dev. The model was not trained on them" in text
    assert "Each label of a row counts as one answer, yes or no." in text
    assert "<h3>Coverage</h3>" not in text  # several labels never abstain


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ([0.95, 0.85, 0.72, 0.55], "kbert predict RUN --abstain 0.8 FILE"),
        ([0.95, 0.55, 0.55, 0.55], "kbert predict RUN --abstain 0.95 FILE"),
        ([0.55, 0.56, 0.57, 0.58], "so none is of use here"),
    ],
)
def test_suggested_threshold_answers_some_rows_but_not_all(shares, told):
    outputs = np.float32([[1 - share, share] for share in shares])
    rows = {"row": [1, 2, 3, 4]}
    table = PredictionTable(("bad", "good"), rows, np.array([1, 1, 0, 1]), outputs)
    text = page(report_of(predictions=table, texts=None))
    assert told in text
    assert text.count("--abstain") == (0 if "use" in told else 1)


def test_commands_name_the_run():
    text = html.unescape(page(report_of(path="runs/my films")))
    assert "kbert predict 'runs/my films' FILE" in text
    assert 'Predictor.load("runs/my films")' in text
    assert "RUN" not in text
    fold = report_of(out_of_fold=report_of().scores, folds=(report_of().history.best,))
    assert "kbert predict RUN/fold-1 FILE" in page(fold)


@pytest.mark.parametrize("code", ["below-baseline", "no-better-than-one-class", None])
def test_warns_against_relying_on_the_doubts_of_a_weak_model(code):
    finding = {"code": code or "imbalance", "severity": "warning", "message": "Worse."}
    text = page(report_of(200, record={**report_of().record, "findings": [finding]}))
    assert ("Do not rely on this list" in text) is (code is not None)
    assert code is None or f"simpler one ({code})" in text


def test_the_plan_has_the_name_of_the_recipe():
    few_shot = report_of(settings='recipe = "few-shot"\n')
    assert "Training plan (few-shot recipe)" in page(few_shot)
    assert "Training plan (recommended recipe)" in page(report_of(settings="epochs = 2\n"))
