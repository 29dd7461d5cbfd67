"""`kbert import`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from kbert.choices import Backend
from kbert.cli.app import verb
from kbert.cli.options import MACHINE, Output, describe
from kbert.utils.say import verbose_level


@verb("import")
def import_(
    source: str,
    *,
    output: Output,
    base: Path | None = None,
    labels: Annotated[
        tuple[str, ...], Parameter(consume_multiple=True, negative=(), show_default=False)
    ] = (),
    lowercase: bool | None = None,
    max_length: int | None = None,
    backend: Annotated[Backend | None, Parameter(group=MACHINE, help=describe("backend"))] = None,
) -> None:
    """Convert a Google, Hugging Face or keras-hub model, or a run, into a kbert model.

    Parameters
    ----------
    source
        Folder: a release of Google's BERT, the output directory of run_classifier.py, a Hugging
        Face BERT, what keras-hub's save_to_preset has written, or a run; or a kbert .keras file.
    output
        Folder to write, which must not exist yet; folders above it are created.
    base
        For an output directory of run_classifier.py: the release that it fine-tuned.
    labels
        Names of the head's classes, in the order of their numbers, where no file has them.
    lowercase
        Whether a Google vocabulary is lower-case; by default inferred from the folder's name or the
        pieces.
    max_length
        Maximum number of tokens of a text; by default the source's own, or 128.
    """
    from kbert.models.import_model import import_model

    import_model(
        source,
        output,
        base=base,
        labels=labels,
        lowercase=lowercase,
        max_length=max_length,
        backend=backend,
        verbose=verbose_level(),
    )
