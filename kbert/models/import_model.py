"""Another program's model, as one of kbert's."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from kbert.backend.choose_backend import choose_backend, import_keras
from kbert.errors import InputError
from kbert.interop.google import checkpoint_prefix, read_google
from kbert.interop.model_data import ModelData
from kbert.interop.sources import find_preset
from kbert.interop.write_hugging_face import write_hugging_face
from kbert.utils.files import atomic_directory

_SENTENCES = ("A moving story, beautifully told.", "这部电影很好看。", "1 + 1 = 2?")


def import_model(
    source: str | Path,
    output: str | Path,
    *,
    base: str | Path | None = None,
    labels: Sequence[str] = (),
    lowercase: bool | None = None,
    max_length: int | None = None,
    backend: str | None = None,
    report: Callable[[str], None] = print,
) -> Path:
    """Write the model of another program, or of a run, as a folder that kbert uses.

    A classifier becomes a model folder for `kbert predict`, `evaluate` and `export`. An encoder
    without a head becomes a preset, a folder in Hugging Face's form, for `kbert train --preset`.

    Args:
        source: str or Path. A release or output directory of Google's, a Hugging Face BERT, what
            `save_to_preset` of a keras-hub BertTextClassifier or BertBackbone has written, a run
            or a .keras file of kbert's, or "minilm".
        output: str or Path. Must not exist.
        base: str or Path. The release that Google's script has fine-tuned, where `source` is its
            output directory.
        labels: sequence of str. The classes in the order of their numbers, where the source does
            not name them. Defaults to ().
        lowercase: bool or None. Whether a vocabulary of Google's is lower-case. Defaults to None:
            see `read_google`.
        max_length: int or None. The most tokens of a text. Defaults to None: the source's where it
            tells, else 128, or the positions of the model where it has fewer.
        backend: str or None. Defaults to None: see `choose_backend`.
        report: function of str. Defaults to `print`.

    Raises:
        KbertError: the source is no BERT, its weights do not fit, or `output` exists.

    Example:

    ```python
    import_model("uncased_L-2_H-128_A-2", "presets/tiny")
    ```
    """
    output = Path(output)
    if output.exists():
        raise InputError(
            "{output} exists, and nothing is overwritten. Name another --output.", output=output
        )
    choose_backend(backend)
    import_keras()
    found = _read(str(source), base, lowercase)
    report(f"{source} is {found.kind}.")
    for note in found.notes:
        report(note)
    _check_vocabulary(found, source, report)
    if not found.classes:
        if labels:
            raise InputError(
                "{source} has no classification head that --labels could name.", source=source
            )
        with atomic_directory(output) as folder:
            write_hugging_face(folder, found)
        report(f"It has no head: {output} is an encoder for kbert train --preset {output}")
        return output
    if labels:
        found.labels = tuple(labels)
    if found.labels is None:
        raise InputError(
            "{source} has a head of {classes} classes and does not name them. Name them in the "
            "order of their numbers (of run_classifier.py: of the processor's get_labels): "
            "--labels FIRST SECOND ...",
            source=source,
            classes=found.classes,
        )
    _write_classifier(found, output, max_length)
    report(f"Classes: {', '.join(found.labels)}")
    report(f"{output} is a model for kbert predict {output}")
    return output


def _read(source: str, base: str | Path | None, lowercase: bool | None) -> ModelData:
    folder = Path(source)
    if folder.is_dir() and not (folder / "config.json").exists() and checkpoint_prefix(folder):
        return read_google(folder, base=base, lowercase=lowercase)
    for name, value in (("--base", base), ("--lowercase", lowercase)):
        if value is not None:
            raise InputError(
                "{name} is for checkpoints of Google's, and {source} is none.",
                name=name,
                source=source,
            )
    preset = find_preset(source)
    if preset.path is None:
        raise InputError(
            "There is no folder {source}. Check the path of the model to import.", source=source
        )
    return preset.read()


def _check_vocabulary(found: ModelData, source: str | Path, report: Callable[[str], None]) -> None:
    """Raise KbertError when there are more pieces than embeddings, and say when there are fewer."""
    pieces, rows = len(found.tokenizer), found.backbone["vocabulary_size"]
    if pieces > rows:
        raise InputError(
            "{source}: its tokenizer has {pieces:,} pieces and its table of embeddings "
            "{rows:,} rows. Put the vocabulary there that the weights were trained with.",
            source=source,
            pieces=pieces,
            rows=rows,
        )
    if pieces < rows:
        report(
            f"The tokenizer has {pieces:,} pieces and the table of embeddings {rows:,} rows: see "
            "that the vocabulary is the one that the weights were trained with."
        )


def _write_classifier(found: ModelData, output: Path, max_length: int | None) -> None:
    """Build the classifier, let it label a few sentences, and write it."""
    from kbert.models.bert_classifier import BertClassifier
    from kbert.models.build_classifier import build_classifier

    model = build_classifier(BertClassifier, found, max_length=max_length)
    predictions = model.predict_texts(_SENTENCES)
    if not all(np.isfinite(prediction.probability) for prediction in predictions):
        raise InputError("The model of {kind} computes no finite probabilities.", kind=found.kind)
    model.save_to(output)
