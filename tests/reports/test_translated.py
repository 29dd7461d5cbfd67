"""Pages in the language of the surface."""

import gettext
import re
from pathlib import Path

import jinja2
import pytest

import kbert
from kbert.cli.words import FlagWords
from kbert.findings import speaking
from kbert.reports.document import document
from kbert.reports.translated import Translated, script_texts, translated, translated_script


class Shouting(FlagWords):
    def text(self, template):
        return re.sub(r"[A-Za-z]+(?![\w}.]*})", lambda m: m[0].upper(), template)


def rendered(source, **values):
    environment = jinja2.Environment(autoescape=True, extensions=[Translated])
    return environment.from_string(source).render(values)


@pytest.mark.parametrize(
    ("source", "messages"),
    [
        ("<h1>Result</h1>", ["Result"]),
        (
            "<p>Score {{ x.score }} of {{ '%d' | format(n) }} rows.</p>",
            ["Score {score} of {n} rows."],
        ),
        ("<p>{{ a.n }} to {{ b.n }}, then {{ a.n }} again</p>", ["{n} to {n_2}, then {n} again"]),
        ("<td>{{ value }}</td><td>12 %</td>", []),
        ("<pre>kbert train FILE</pre><style>p { color: red }</style>", []),
        ("{% if x > 1 %}More than one{% endif %}", ["More than one"]),
        ('{{ table("Least certain", rows, "{:,}") }}', ["Least certain"]),
        ('<input placeholder="Search" class="wide">', ["Search"]),
        ('<html lang="en">', ["en"]),
        ("<p>It's one\n  sentence.</p>", ["It's one sentence."]),
    ],
)
def test_texts_between_tags_are_messages(source, messages):
    assert translated(source)[1] == messages


def test_english_matches_the_template():
    source = "<p>Score {{ score }} of <b>{{ name }}</b> is {{ n }} &amp; more.</p>"
    environment = jinja2.Environment(autoescape=True)
    values = {"score": 0.5, "name": "<i>", "n": 3}
    assert rendered(source, **values) == environment.from_string(source).render(values)


def test_values_are_escaped_in_another_language():
    with speaking(Shouting()):
        page = rendered("<p>Score of {{ name }}.</p>", name="<script>{x}")
    assert page == "<p>SCORE OF &lt;script&gt;{x}.</p>"


def test_texts_in_scripts_are_translated():
    script = "const a = `x`; count.textContent = `${n} of ${all} rows`;"
    assert script_texts(script) == ["${n} of ${all} rows"]
    with speaking(Shouting()):
        assert "OF ${all} ROWS" in translated_script(script)


def test_the_page_names_its_language():
    assert '<html lang="en">' in document("Films", "")
    folder = Path(kbert.__file__).parent
    with (folder / "locale" / "zh" / "LC_MESSAGES" / "kbert.mo").open("rb") as file:
        surface = FlagWords(gettext.GNUTranslations(file))
    with speaking(surface):
        assert '<html lang="zh-CN">' in document("Films", "")
