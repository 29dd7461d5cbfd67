"""Foreign texts inside Markdown and YAML."""

import html
import json
import re

# What begins or ends markup in CommonMark, or in GitHub's and Hugging Face's extensions of it.
_SPECIAL = re.compile(r"[\\`*_\[\]{}#|~!$^]|(?<=:)//|(?<=www)\.|^(?=[-+=])")
_NUMBER = re.compile(r"^(\d+)(?=[.)](\s|$))")  # of a list
# Control characters, lone surrogates, and what changes the direction of the text that follows.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def markdown_text(text: str) -> str:
    """Return a text in one line, escaped so that Markdown shows each character and runs nothing.

    Example:

    ```python
    assert markdown_text("<b>*a*_b") == r"&lt;b&gt;\\*a\\*\\_b"
    ```
    """
    line = _UNSEEN.sub("\ufffd", " ".join(text.split()))
    shown = _SPECIAL.sub(lambda found: f"\\{found[0]}", html.escape(line, quote=False))
    return _NUMBER.sub(r"\1\\", shown)


def yaml_text(text: str) -> str:
    """Return a text as a quoted string of YAML, in one line.

    Example:

    ```python
    assert yaml_text('a: "b"') == r'"a: \\"b\\""'
    ```
    """
    whole = text.encode("utf-8", "replace").decode("utf-8")
    quoted = json.dumps(whole, ensure_ascii=False)
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
