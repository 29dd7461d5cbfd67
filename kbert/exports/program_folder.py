"""The folder of a program, with everything that its callers need."""

import tempfile
from pathlib import Path
from typing import Any

from kbert.choices import Backend
from kbert.exports.compare import Compute
from kbert.exports.formats.registry import ProgramFormat, format_module
from kbert.exports.program_readme import program_readme
from kbert.exports.writer_process import write_program
from kbert.serving.export_settings import ExportSettings


def program_settings(
    model: Any, format: str, length: int | None, int8: bool, text_pairs: bool | None
) -> ExportSettings:
    """Return the contents of a program's kbert.json.

    Args:
        model: BertClassifier.
        format: str. The program's format.
        length: int or None. The fixed input width of the program, in tokens, or None for any.
        int8: bool. Whether its weights are rounded to 8 bits.
        text_pairs: bool or None. Whether it was trained on text pairs; None if that is not known.
    """
    tokenizer = model.tokenizer.get_config()
    tokenizer.pop("vocabulary")
    return ExportSettings(
        kind=format,
        file=format_module(format).FILE,
        labels=model.labels.names,
        max_length=model.max_length,
        length=length,
        int8=int8,
        text_pairs=text_pairs,
        tokenizer=tokenizer,
        num_segments=model.num_segments,
        target=None if model.target.kind == "single" else model.target.to_dict(),
    )


def write_program_folder(
    model: Any, folder: Path, settings: ExportSettings, backend: Backend
) -> Compute:
    """Write a model's program and its folder, and return a function that runs the program on texts.

    Args:
        model: BertClassifier, in float32.
        folder: Path. Must not exist.
        settings: ExportSettings. Its kind is the format.
        backend: str. The backend that writes the format.
    """
    folder.mkdir()
    with tempfile.TemporaryDirectory(dir=folder.parent) as staging:
        saved = Path(staging) / "model"
        model.save_to(saved)
        write_program(settings.kind, backend, saved, folder, settings.length, settings.int8)
    settings.write(folder)
    vocabulary = "\n".join(model.tokenizer.written_vocabulary) + "\n"
    (folder / "vocab.txt").write_text(vocabulary, encoding="utf-8", newline="")
    (folder / "tokenizer.json").write_text(model.tokenizer.to_hugging_face(), encoding="utf-8")
    (folder / "README.md").write_text(program_readme(settings), encoding="utf-8")
    program: ProgramFormat = format_module(settings.kind)
    return program.reopen(folder, settings)
