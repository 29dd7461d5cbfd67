"""Pages of one file that need nothing else, and run no code of what is shown."""

from importlib.resources import files
from typing import Any

from kbert.reports.content_policy import source_hash
from kbert.reports.svg import STYLE
from kbert.results.scores import score_name

_TEMPLATES = files("kbert.reports") / "templates"


def render(template: str, **values: Any) -> str:
    """Return a page.

    It loads nothing: styles, script and drawings are in it. Its Content-Security-Policy names the
    one script by its hash, so that what a text or a label contains is never run.

    Args:
        template: str. The name of its template.
        **values: what the template shows.
    """
    import jinja2

    from kbert.reports.translated import Translated, translated_script

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[Translated],
    )
    environment.filters["score_name"] = score_name
    style, script = STYLE + _read("report.css"), translated_script(_read("report.js"))
    environment.globals |= {
        "style": style,
        "script": script,
        "style_hash": source_hash(style),
        "script_hash": source_hash(script),
    }
    return environment.get_template(template).render(values)


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
