"""Pages that are made from templates."""

import json
from functools import partial
from typing import Any

from kbert.reports.document import document, read_template
from kbert.reports.svg import STYLE
from kbert.results.scores import score_name
from kbert.utils.shell_words import shell_path


def render(template: str, title: str, **values: Any) -> str:
    """Return a page; see `document`. What the values contain is shown as text.

    Args:
        template: str. The name of the template of its body.
        title: str. What it is about.
        **values: what the template shows.
    """
    import jinja2

    from kbert.reports.translated import Translated, translated_script

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(read_template),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[Translated],
    )
    environment.filters["score_name"] = score_name
    environment.filters["shell_path"] = shell_path
    environment.filters["python_text"] = partial(json.dumps, ensure_ascii=False)
    body = environment.get_template(template).render(values)
    return document(title, body, style=STYLE, script=translated_script(read_template("report.js")))
