"""The page of a run: what is in it, and that its texts stay texts."""

import base64
import hashlib
import re
import time
from html.parser import HTMLParser

import numpy as np
import pytest
from reports.hand_made import report_of

from kbert.plans.training_plan import TrainingPlan
from kbert.reports.page import page
from kbert.reports.training_log import TrainingLog
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.multi_evaluation import MultiEvaluation
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
    """Collects the elements of a page, and checks that they are nested."""

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


def test_it_says_what_the_run_has_reached_beside_its_baselines():
    text = page(report_of())
    for expected in ("<h1>films</h1>", "this model", "the same for all", "TF-IDF", "imbalance"):
        assert expected in text
    accuracy = report_of().history.best.first.accuracy
    assert f'<p class="score">{accuracy:.4f}' in text
    assert re.search(r"0\.\d{4} to 0\.\d{4}|0\.\d{4} to 1\.0000", text)
    assert "epoch 2" in text


def test_it_is_one_page_of_nested_elements_that_loads_nothing():
    text = page(report_of())
    elements = Elements(text)
    assert elements.open == []
    assert not {"link", "img", "iframe", "object", "form"} & set(elements.tags)
    assert not {"src", "style"} & set(elements.attributes)
    assert not [name for name in elements.attributes if name.startswith("on")]
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)


def test_its_policy_names_the_one_script_and_the_one_style():
    text = page(report_of())
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        [content] = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy.replace("&#39;", "'")
    assert policy.startswith("default-src")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_a_text_a_label_or_a_name_contains_is_text(hostile):
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


def test_many_rows_and_steps_make_a_page_that_can_be_sent():
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
    assert time.monotonic() - started < 60  # whatever else the machine does; see make bench


def test_without_texts_the_rows_are_told_by_number():
    text = page(report_of(texts=None, notes=("The texts are left out: films.csv is gone.",)))
    assert "The texts are left out" in text
    assert "Text 1" not in text
    assert "Most confident mistakes" in text


@pytest.mark.parametrize("kind", [None, "pretraining"])
def test_it_says_what_the_model_is_good_for(kind):
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
        ({"temperature": 1.6, **CHANGE}, ["divided by the temperature 1.6, fitted on these rows"]),
        (
            {
                "temperature": 1.6,
                **CHANGE,
                "others": {"test": {**CHANGE, "ece": [0.0815, 0.0142]}},
            },
            ["of the other half, and test.", "test before", "0.0815", "0.0142"],
        ),
        (
            {"temperatures": [1.6, 1.25], **CHANGE},
            ["divided by the temperatures 1.6, 1.25, each fitted on the rows of its fold"],
        ),
    ],
)
def test_it_says_what_the_temperature_does(calibration, told):
    made = report_of()
    text = page(report_of(record={**made.record, "calibration": calibration}))
    for one in [*told, "0.0912", "0.0231"]:
        assert one in text, one


@pytest.mark.parametrize("calibration", [None, {"temperature": 1.0, **CHANGE}])
def test_a_model_that_is_not_calibrated_is_not_said_to_be(calibration):
    made = report_of()
    text = page(report_of(record={**made.record, "calibration": calibration}))
    assert "<h3>Coverage</h3>" in text
    assert "calibrated" not in text
