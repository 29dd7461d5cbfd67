"""The page of a run: one file that needs nothing else, and runs no code of its texts."""

from importlib.resources import files
from typing import Any

from kbert.reports.content_policy import source_hash
from kbert.reports.curves import curves
from kbert.reports.headline import headline
from kbert.reports.run_report import RunReport
from kbert.reports.scored_rows import scored_rows
from kbert.reports.svg import STYLE
from kbert.reports.telling_rows import TellingRows

_TEMPLATES = files("kbert.reports") / "templates"


def page(report: RunReport) -> str:
    """Return the page of a run.

    The page loads nothing: styles, script and drawings are in it. Its Content-Security-Policy names
    the one script by its hash, so that what a text or a label contains is never run.

    Args:
        report: RunReport.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = STYLE + _read("report.css"), _read("report.js")
    values: dict[str, Any] = {
        "report": report,
        "headline": headline(report),
        "curves": curves(report),
        "scored": scored_rows(report),
        "rows": TellingRows.of(report),
        "style": style,
        "script": script,
        "style_hash": source_hash(style),
        "script_hash": source_hash(script),
    }
    return environment.get_template("report.html").render(values)


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
