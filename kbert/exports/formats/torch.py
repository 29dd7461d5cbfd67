"""PyTorch's exported program (.pt2).

Keras's `Model.export(format="torch")` returns logits without softmax, and writes neither labels nor
tokenizer.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kbert.data.padding import INPUTS
from kbert.exports.program_output import program_output
from kbert.exports.reader_process import ReaderProcess
from kbert.serving.export_settings import ExportSettings
from kbert.serving.run_session import run_session

FILE = "model.pt2"


def write(model: Any, folder: Path, length: int | None, int8: bool) -> None:
    """Write model.pt2; Keras runs on torch."""
    import torch

    torch.export.save(exported_program(model, length), folder / FILE)


def reopen(folder: Path, settings: ExportSettings) -> ReaderProcess:
    """Return what torch computes, in a process of its own."""
    return ReaderProcess("torch", folder, settings.max_length)


def load_predict(path: Path, max_length: int) -> Callable[..., np.ndarray]:
    """Return what torch computes, as a function of texts, and pairs or None."""
    import torch

    module = torch.export.load(path / FILE).module()

    def program(feed: Any) -> np.ndarray:
        with torch.no_grad():
            return module(*(torch.from_numpy(feed[name]) for name in INPUTS)).numpy()

    settings = ExportSettings.read(path)
    return partial(run_session, program, settings.read_tokenizer(path), settings)


def exported_program(model: Any, length: int | None) -> Any:
    """Return the model as torch.export.ExportedProgram: three arrays in, one out."""
    import torch

    # The model is not a submodule: its weights would then be stored as parameters, and once more as
    # the constants that Keras's layers compute with.
    class Served(torch.nn.Module):
        def forward(self, token_ids: Any, segment_ids: Any, padding_mask: Any) -> Any:
            inputs = dict(zip(INPUTS, (token_ids, segment_ids, padding_mask), strict=True))
            return program_output(model, inputs)

    sizes = {0: torch.export.Dim("rows", min=1, max=2**16)}
    if length is None:
        sizes[1] = torch.export.Dim("width", min=2, max=model.backbone.max_sequence_length)
    # One tensor passed three times would become one input.
    example = tuple(torch.ones((2, length or 8), dtype=torch.int32) for _ in INPUTS)
    with torch.no_grad():
        program = torch.export.export(
            Served().eval(), example, dynamic_shapes=(sizes,) * len(INPUTS)
        )
    return without_traces(program)


def without_traces(program: Any) -> Any:
    """Return a program that does not reveal paths of the machine on which it was made."""
    for module in program.graph_module.modules():
        for node in module.graph.nodes:
            node.meta.pop("stack_trace", None)
    return program
