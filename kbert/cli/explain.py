"""`kbert explain`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from kbert.cli.app import verb
from kbert.cli.options import Output, Switch, given, options
from kbert.cli.show import show, show_json
from kbert.findings import worded
from kbert.utils.say import say


@options("backend")
class Settings:
    """What `kbert explain` takes."""


@verb("explain")
def explain(
    model: Path,
    text: Annotated[str, Parameter(allow_leading_hyphen=True)],
    *,
    pair: str | None = None,
    label: str | None = None,
    output: Output | None = None,
    max_words: int = 500,
    batch_size: int = 32,
    json: Switch = False,
    settings: Annotated[Settings, Parameter(name="*")] = Settings(),  # noqa: B008
) -> None:
    """Show what each word of a text does to what a model predicts for it.

    Each word is left out in turn; the drop in the label's probability is the word's effect.

    Parameters
    ----------
    model
        Run directory, or another model that `kbert predict` takes.
    text
        The text.
    pair
        The second text, of a model of text pairs.
    label
        Label, or number, to explain; by default the likeliest label.
    output
        Page to write (.html), with the text in colours.
    max_words
        Number of words to leave out in turn, from the beginning of a text.
    batch_size
        Texts per batch.
    json
        Print JSON.
    """
    from kbert.analysis.explain import explain as explain_text
    from kbert.exports.output import check_output
    from kbert.utils.file_errors import writing
    from kbert.utils.staging import publishing

    if output is not None:
        check_output(output, ".html")
    found = explain_text(
        model,
        text,
        pair,
        label=label,
        max_words=max_words,
        batch_size=batch_size,
        backend=given(settings).get("backend"),
    )
    if output is not None:
        with publishing(output) as new, writing(output):
            new.write_text(found.to_html(), encoding="utf-8", errors="replace")
        say(worded("Wrote {output}.", output=output), to="stderr")
    if json:
        show_json(found.to_dict())
    else:
        show(found)
