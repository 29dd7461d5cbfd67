"""Export a model and verify its predictions."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from kbert.backend.choose_backend import choose_backend, import_keras
from kbert.choices import ExportFormat, Quantization
from kbert.data.reading.examples import Examples
from kbert.errors import InputError
from kbert.exports.compare import Comparison, Compute, compare
from kbert.exports.formats.registry import WeightsFormat, check_format, format_module
from kbert.exports.output import check_output
from kbert.exports.program_folder import program_settings, write_program_folder
from kbert.exports.reader_process import ReaderProcess
from kbert.exports.truncation import is_cut_alike
from kbert.exports.weights_readme import weights_readme
from kbert.findings import Option, worded
from kbert.interop.segments import check_segments
from kbert.interop.sources import find_source
from kbert.reports.model_card import ModelCard
from kbert.runs.report_of_run import card_of_run
from kbert.runs.run_directory import RunDirectory
from kbert.utils.say import say, verbosity
from kbert.utils.staging import publishing


def export(
    model: str | Path,
    output: str | Path,
    *,
    format: ExportFormat,
    length: int | None = None,
    quantize: Quantization | None = None,
    dev: str | Path | Examples | None = None,
    backend: str | None = None,
    verbose: int = 1,
    **reading: Any,
) -> Comparison:
    """Write a model in another format, and verify that the export predicts the same.

    The export is reopened and compared with the model before it is renamed to `output`.

    Args:
        model: str or Path. A run, a model folder, a .keras file, or a Google or Hugging Face
            folder with a head.
        output: str or Path. Must not exist, or be an empty folder.
        format: str. "huggingface", "google" (a TF1 checkpoint), "keras" (a .keras file),
            "keras-hub"; or a program: "saved_model", "onnx", "openvino", "litert", "torch" (.pt2).
        length: int or None. The fixed input width of a program, in tokens. Defaults to None: any.
        quantize: "int8" or None. Round the weights of an onnx, openvino or litert program to 8
            bits; differences are then reported, not refused. Defaults to None.
        dev: str or Path, Examples or None. Labelled rows to compare on. Defaults to None: the
            run's development set.
        backend: str or None. The backend that computes the model. Defaults to None: see
            `choose_backend`. Programs are written on the backend that can write them.
        verbose: int. 0 prints nothing. Defaults to 1.
        **reading: how to read the file `dev` where that differs from the run's data. Fields of
            `ReadingOptions`, such as `label="stars"`.

    Raises:
        KbertError: `output` exists, the format cannot hold the model, a package is missing, or the
            export differs from the model: a probability by more than 1e-4, or a number by more than
            1e-4 of its standard deviation plus a millionth of the number itself.

    Example:

    ```python
    export("runs/a", "exports/a", format="onnx")
    ```
    """
    path, output = Path(model), Path(output)
    spec = check_format(format, length, quantize is not None)
    check_output(output, spec.suffix)
    with verbosity(verbose), publishing(output) as written:
        choose_backend(backend)
        for finding in find_source(path).findings():
            say(str(finding), to="stderr")
        classifier, examples = _load(path, length, dev, reading)
        writing = worded("Writing {path} as {format} ...", path=path, format=format)
        if spec.backend is None:
            say(writing)
            exported = _write_weights(classifier, format, written, card_of_run(RunDirectory(path)))
        else:
            int8, pairs = quantize is not None, _text_pairs(path, examples)
            settings = program_settings(classifier, format, length, int8, pairs)  # may refuse
            say(writing)
            exported = write_program_folder(classifier, written, settings, spec.backend)
        comparison = _compare(
            written, format, classifier, exported, examples, exact=quantize is None
        )
    with verbosity(verbose):
        say(worded("Wrote {output}. {comparison}", output=output, comparison=comparison))
    return comparison


def _load(
    path: Path, length: int | None, dev: str | Path | Examples | None, reading: Mapping[str, Any]
) -> tuple[Any, Examples | None]:
    """Return the classifier at a path, and the rows to compare its export on."""
    import_keras()
    from kbert.exports.dev_examples import dev_examples
    from kbert.models.bert_classifier import BertClassifier

    classifier = BertClassifier.from_preset(str(path), dtype="float32")
    examples = dev_examples(path, classifier.labels, dev, reading)
    if examples is not None:
        check_segments(classifier.num_segments, examples.pairs is not None, examples.source)
    if length is not None:
        is_pair = bool(_text_pairs(path, examples))
        classifier = _with_max_length(classifier, length, is_pair=is_pair)
    return classifier, examples


def _text_pairs(path: Path, examples: Examples | None) -> bool | None:
    """Return whether a model was trained on text pairs, or None if that is not known."""
    if examples is not None:
        return examples.pairs is not None
    return RunDirectory(path).record.get("text_pairs")


def _with_max_length(classifier: Any, length: int, *, is_pair: bool) -> Any:
    """Return the classifier with another maximum length; its backbone is shared."""
    windows = classifier.tokenizer.windows
    stride = None if windows is None else windows.stride
    least = 3 if stride is None else windows.least_length(is_pair=is_pair)
    if not least <= length <= classifier.max_length:
        raise InputError(
            "{option} must be from {least} to the {max_length} tokens of the model"
            + ("" if stride is None else ", whose windows share {stride}")
            + ". Received: {length}",
            option=Option("length"),
            least=least,
            stride=stride,
            max_length=classifier.max_length,
            length=length,
        )
    shorter = type(classifier)(
        classifier.backbone,
        classifier.labels,
        classifier.tokenizer,
        max_length=length,
        dropout=classifier.dropout,
        gelu=classifier.gelu,
        target=classifier.target,
        pooling=classifier.pooling,
    )
    head = classifier.get_layer("logits").get_weights()
    shorter.get_layer("logits").set_weights(head)
    return shorter


def _write_weights(
    classifier: Any, format: str, path: Path, card: ModelCard | None
) -> Compute | None:
    """Write the model in a weights format, with a README, and return what the export computes."""
    module: WeightsFormat = format_module(format)
    module.write(classifier, path)
    if path.is_dir():
        text = weights_readme(
            format,
            classifier.labels.names,
            classifier.max_length,
            classifier.tokenizer,
            classifier.target,
        )
        if format == "huggingface" and card is not None:
            text = f"{card.front_matter('transformers')}\n{text}\n{card.sections()}"
        (path / "README.md").write_text(text, encoding="utf-8")
    return module.reopen(path, classifier)


def _compare(
    path: Path,
    format: str,
    classifier: Any,
    exported: Compute | None,
    dev: Examples | None,
    *,
    exact: bool,
) -> Comparison:
    """Return how an export compares with its model, and end the process that has it open."""
    try:
        return compare(
            path,
            classifier.predict_proba,
            exported,
            dev,
            target=classifier.target,
            exact=exact,
            is_cut_alike=partial(is_cut_alike, format, classifier),
        )
    finally:
        if isinstance(exported, ReaderProcess):
            exported.close()
