from pathlib import Path
from typing import get_args

import pytest

from kbert import KbertError
from kbert.choices import ExportFormat
from kbert.exports.formats.registry import FORMATS, check_format, format_module
from kbert.exports.program_readme import program_readme
from kbert.serving.export_settings import ExportSettings


def test_every_format_is_registered_and_documented():
    assert tuple(FORMATS) == get_args(ExportFormat)
    document = Path(__file__).parents[3] / "docs" / "import-export.md"
    rows = [line for line in document.read_text(encoding="utf-8").splitlines() if "|" in line]
    for name in FORMATS:
        assert any(row.startswith(f"| `{name}` |") for row in rows), name


@pytest.mark.parametrize("name", FORMATS)
def test_a_module_has_what_its_kind_needs(name):
    module = format_module(name)
    assert callable(module.write)
    assert callable(module.reopen)
    if FORMATS[name].backend is not None:
        settings = ExportSettings(name, module.FILE, ("a", "b"), 8, None, False, True, {})
        assert module.FILE in program_readme(settings)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("word", None, False), "must be one of huggingface, .*torch. Received: 'word'"),
        (("keras", 8, False), "`length` is for programs: saved_model, .* The format is keras"),
        (("torch", None, True), "quantize=.int8. is for onnx, openvino, litert. The format is"),
    ],
)
def test_invalid_arguments_are_refused(arguments, message):
    with pytest.raises(KbertError, match=message):
        check_format(*arguments)
