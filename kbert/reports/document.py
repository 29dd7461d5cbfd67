"""A page of one file: it loads nothing, and runs no code but its own."""

import base64
import hashlib
from html import escape
from importlib.resources import files

from kbert.findings import worded

_TEMPLATES = files("kbert.reports") / "templates"


def document(title: str, body: str, *, style: str = "", script: str = "") -> str:
    """Return a page, light or dark as the browser is.

    Its Content-Security-Policy names its style and its script by their hashes, so that nothing that
    a text or a label contains is ever loaded or run.

    Args:
        title: str. What it is about.
        body: str. HTML, in which text from elsewhere is escaped.
        style: str. CSS before the CSS of all pages, which may override it. Defaults to "".
        script: str. JavaScript, which runs when all of the body is there. Defaults to "": none.
    """
    style += read_template("page.css")
    allowed = ["default-src 'none'", f"style-src '{_source_hash(style)}'"]
    if script:
        allowed.append(f"script-src '{_source_hash(script)}'")
    policy = "; ".join([*allowed, "base-uri 'none'", "form-action 'none'"])
    parts = [
        "<!doctype html>",
        f'<html lang="{escape(worded("en"))}">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{escape(title)}: kbert</title>",
        f"<style>{style}</style>",
        "</head>",
        "<body>",
        body.strip(),
        *([f"<script>{script}</script>"] if script else []),
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def read_template(name: str) -> str:
    """Return a file of the folder of templates."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _source_hash(content: str) -> str:
    """Return how a Content-Security-Policy names a style or a script that is in the page."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
