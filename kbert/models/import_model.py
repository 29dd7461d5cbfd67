"""Converts another program's model, or a run, into a kbert model."""

import warnings
from collections.abc import Sequence
from pathlib import Path

from kbert.backend.choose_backend import choose_backend, import_keras
from kbert.errors import InputError, UnknownTokensWarning
from kbert.findings import Call, Joined, Message, Option, worded
from kbert.interop.model_data import ModelData
from kbert.interop.sources import find_source
from kbert.interop.write_hugging_face import write_hugging_face
from kbert.utils.file_errors import check_name, writing
from kbert.utils.publish import check_free
from kbert.utils.say import say, verbosity
from kbert.utils.staging import publishing

_SENTENCES = ("A moving story, beautifully told.", "这部电影很好看。", "1 + 1 = 2?")

_WHAT = {
    "softmax": Message("Classes"),
    "sigmoid": Message("Labels"),
    "linear": Message("Numbers"),
}


def import_model(
    source: str | Path,
    output: str | Path,
    *,
    base: str | Path | None = None,
    labels: Sequence[str] = (),
    lowercase: bool | None = None,
    max_length: int | None = None,
    backend: str | None = None,
    verbose: int = 1,
) -> Path:
    """Write another program's model, or that of a run, to a folder that kbert can use.

    A classifier becomes a model folder for `kbert predict`, `evaluate` and `export`. An encoder
    without a head becomes a preset for `kbert train`: a folder in the format of a Hugging Face
    BERT.

    Args:
        source: str or Path. A release or output directory of Google's BERT, a Hugging Face BERT, a
            folder written by `save_to_preset` of a keras-hub BertTextClassifier or BertBackbone, a
            kbert run or .keras file, or "minilm".
        output: str or Path. Must not exist, or must be an empty folder.
        base: str or Path. The release that Google's script fine-tuned, if `source` is the script's
            output directory.
        labels: sequence of str. The classes in the order of their numbers, if the source does not
            name them. Defaults to ().
        lowercase: bool or None. Whether the vocabulary of a Google checkpoint is lower-case.
            Defaults to None: see `read_google`.
        max_length: int or None. The maximum number of tokens of a text. Defaults to None: the value
            in the source's files; else 128, or the number of the model's positions if that is
            smaller.
        backend: str or None. Defaults to None: see `choose_backend`.
        verbose: 0, 1 or 2. How much is printed. Defaults to 1.

    Raises:
        InputError: the source is not a BERT, its weights do not fit, or `output` exists.

    Example:

    ```python
    import_model("uncased_L-2_H-128_A-2", "presets/tiny")
    ```
    """
    output = Path(output)
    check_name("output", output)
    check_free(output)
    choose_backend(backend)
    with verbosity(verbose):
        found = find_source(source, base=base, lowercase=lowercase)
        for finding in found.findings():
            say(str(finding), to="stderr")
        data = found.read()
        say(worded("{source} is {kind}.", source=source, kind=data.kind))
        for note in data.notes:
            say(note)
        _check_vocabulary(data)
        if data.classes or labels:
            _write_classifier(data, labels, output, max_length)
        else:
            if max_length is not None:
                raise InputError(
                    "{option} is for classifiers; {source} has no head. Leave it out, and name it "
                    "when a classifier is trained.",
                    option=Option("max_length"),
                    source=source,
                )
            _write_encoder(data, output)
    return output


def _check_vocabulary(data: ModelData) -> None:
    """Raise InputError for more pieces than embeddings; print a note for fewer."""
    pieces, rows = len(data.tokenizer), data.backbone["vocabulary_size"]
    if pieces > rows:
        raise InputError(
            "{source}: its tokenizer has {pieces:,} pieces but its table of embeddings {rows:,} "
            "rows. Use the vocabulary that the weights were trained with.",
            source=data.source,
            pieces=pieces,
            rows=rows,
        )
    if pieces < rows:
        say(
            worded(
                "The tokenizer has {pieces:,} pieces and the table of embeddings {rows:,} rows: "
                "check that the vocabulary is the one that the weights were trained with.",
                pieces=pieces,
                rows=rows,
            )
        )


def _write_encoder(data: ModelData, output: Path) -> None:
    with writing(output), publishing(output) as folder:
        folder.mkdir()
        write_hugging_face(folder, data)
    train = Call("train", "DATA", preset=output, output="NEW")
    say(
        worded(
            "It has no head: {output} is an encoder. To train a classifier on it: {train}",
            output=output,
            train=train,
        )
    )


def _write_classifier(
    data: ModelData, labels: Sequence[str], output: Path, max_length: int | None
) -> None:
    """Build the classifier, let it label a few sentences, and write it."""
    import_keras()
    from kbert.models.bert_classifier import BertClassifier
    from kbert.models.build_classifier import build_classifier

    model = build_classifier(BertClassifier, data, labels or None, max_length=max_length)
    with warnings.catch_warnings():
        # The sentences are kbert's own, and few models know all of their languages.
        warnings.simplefilter("ignore", UnknownTokensWarning)
        model.predict_texts(_SENTENCES)  # raises an error if outputs are not finite
    with writing(output), publishing(output) as folder:
        model.save_to(folder)
    what = _WHAT[model.target.activation]
    say(worded("{what}: {names}", what=what, names=Joined(model.labels.names)))
    say(worded("{output} is a model to evaluate, to export, and to predict with.", output=output))
