"""Write a model for other programs, and see that it predicts there what it does here."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kbert.backend.choose_backend import choose_backend, import_keras
from kbert.choices import ExportFormat, Quantization
from kbert.errors import InputError
from kbert.exports.compare import Compute, compare
from kbert.exports.comparison import Comparison
from kbert.exports.formats.registry import WeightsFormat, check_format, format_module
from kbert.exports.output import check_output, staging_folder
from kbert.exports.program_folder import program_settings, write_program_folder
from kbert.exports.reader_process import ReaderProcess
from kbert.exports.readme import weights_readme
from kbert.runs.run_directory import RunDirectory


def export(
    run: str | Path,
    output: str | Path,
    *,
    format: ExportFormat,
    length: int | None = None,
    quantize: Quantization | None = None,
    dev: str | None = None,
    reading: Mapping[str, Any] | None = None,
    backend: str | None = None,
    report: Callable[[str], None] = print,
) -> Comparison:
    """Write a run's model in another form, opened and compared before it takes its name.

    Args:
        run: str or Path. A run directory, a model folder, a .keras file, or a folder of Google's
            or Hugging Face's form with a head.
        output: str or Path. Must not exist.
        format: "huggingface", "google" (a TF1 checkpoint), "keras" (a .keras file), "keras-hub";
            or a program: "saved_model", "onnx", "openvino", "litert", "torch" (.pt2).
        length: int or None. The one width in tokens that a program is to take. Defaults to None:
            any width up to the model's.
        quantize: "int8" or None. Round the weights of an onnx, openvino or litert program to 8
            bits; agreement and accuracy are told then. Defaults to None.
        dev: str or None. A labelled file to compare on. Defaults to None: the run's own.
        reading: dict or None. How `dev` is read other than the run's data was, by the names of
            `ReadingOptions`, such as {"label": "stars"}. Defaults to None.
        backend: str or None. What the model is computed on, to be compared; a program is written
            on the backend that can. Defaults to None: see `choose_backend`.
        report: function of str. Defaults to `print`.

    Raises:
        KbertError: `output` exists, the format cannot hold the model, a package is missing, or
            its probabilities there differ by more than 1e-4.

    Example:

    ```python
    export("runs/a", "exports/a", format="huggingface")
    ```
    """
    run, output = Path(run), Path(output)
    chosen = check_format(format, length, quantize is not None)
    check_output(output)
    if not output.name.endswith(chosen.suffix):
        raise InputError(
            "A file of Keras ends in .keras. Received: --output {output}", output=output
        )
    with staging_folder(output) as folder:
        choose_backend(backend)
        import_keras()
        from kbert.exports.dev_examples import dev_examples
        from kbert.serving.load_classifier import load_classifier

        model = load_classifier(run, dtype="float32")
        if length is not None and not 3 <= length <= model.max_length:
            raise InputError(
                "--length must be from 3 to the {max_length} tokens of the model. Received: "
                "{length}",
                max_length=model.max_length,
                length=length,
            )
        examples = dev_examples(run, model.labels, dev, reading or {}, report)
        if length is not None:  # what the model says of texts that are cut there
            model.max_length = length
        report(f"Writing {run} as {format} ...")
        written = folder / output.name
        there: Compute | None
        if chosen.backend is None:
            weights: WeightsFormat = format_module(format)
            weights.write(model, written)
            if written.is_dir():
                text = weights_readme(format, model.labels.names, model.max_length)
                (written / "README.md").write_text(text, encoding="utf-8")
            there = weights.opened(written, model)
        else:
            pairs = RunDirectory(run).record.get("text_pairs")
            settings = program_settings(
                model,
                format,
                fixed_length=length is not None,
                int8=quantize is not None,
                text_pairs=pairs if examples is None else examples.pairs is not None,
            )
            there = write_program_folder(model, written, settings, chosen.backend)
        try:
            seen = compare(written, model.predict_proba, there, examples, exact=quantize is None)
        finally:
            if isinstance(there, ReaderProcess):
                there.close()
        check_output(output)  # another process may have been quicker
        os.replace(written, output)
    report(f"Wrote {output}. {seen}")
    return seen
