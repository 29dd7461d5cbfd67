"""The README of a program's folder: how to call it without kbert, and with it."""

from kbert.data.padding import INPUTS
from kbert.exports.program_encoding import program_encoding
from kbert.exports.program_windows import pooling
from kbert.exports.readme_parts import TITLES, meaning, numbered
from kbert.exports.truncation import windows_note
from kbert.serving.export_settings import ExportSettings
from kbert.serving.sessions import PACKAGES
from kbert.targets.known_targets import target_of

_CALLS = {
    "onnx": """import onnxruntime
session = onnxruntime.InferenceSession("model.onnx")
probabilities = session.run(["probabilities"], inputs)[0]""",
    "openvino": """import openvino
# Without the hint, processors with bfloat16 compute in it, and differ in the third digit.
compiled = openvino.compile_model("model.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
probabilities = compiled(inputs)["probabilities"]""",
    "litert": """from ai_edge_litert.interpreter import Interpreter
run = Interpreter("model.tflite").get_signature_runner()
probabilities = run(**inputs)["probabilities"]""",
    "saved_model": """import tensorflow as tf
serve = tf.saved_model.load("1").signatures["serving_default"]
probabilities = serve(**{name: tf.constant(a) for name, a in inputs.items()})["probabilities"]""",
    "torch": """import torch
program = torch.export.load("model.pt2").module()
probabilities = program(*(torch.from_numpy(array) for array in inputs.values())).detach()""",
}


def program_readme(settings: ExportSettings) -> str:
    """Return the README.md of a program's folder.

    Args:
        settings: ExportSettings. The contents of its kbert.json.
    """
    width = (
        f"always {settings.length} wide" if settings.length else f"up to {settings.max_length} wide"
    )
    with_kbert = (
        f"With kbert and the package {PACKAGES[settings.kind]}:\n\n"
        "```python\nfrom kbert import Predictor\npredictor = Predictor.load(FOLDER)\n"
        f"predictor.predict([text]{', [second_text]' if settings.text_pairs else ''})\n```\n\n"
        if settings.kind in PACKAGES
        else ""
    )
    target = target_of(settings.target)
    windows = settings.windows
    read = pools = ""
    if windows is not None:
        read = f"\n{windows_note(windows, settings.cut_pair, settings.max_length)}\n"
        pools = pooling(settings, windows)
    return f"""# {TITLES[target.activation]} as {settings.kind}{", int8" if settings.int8 else ""}

In: {", ".join(f"`{name}`" for name in INPUTS)}, int32 [rows, width], {width}.
Out: `{settings.output}`, float32 [rows, {len(settings.labels)}]. {meaning(target)}

{numbered(settings.labels, target)}
{read}
{with_kbert}Without kbert, in this folder, with the package tokenizers:

```python
import numpy as np
{program_encoding(settings)}
inputs = {{
{_arrays()}
}}
{_CALLS[settings.kind].replace("probabilities", settings.output)}{pools}
```

`kbert.json` holds the same settings in a form for programs.
"""


def _arrays() -> str:
    """Return the lines that make each input from what the package tokenizers returns."""
    attributes = ("ids", "type_ids", "attention_mask")
    return "\n".join(
        f'    "{name}": np.array([e.{attribute} for e in encoded], np.int32),'
        for name, attribute in zip(INPUTS, attributes, strict=True)
    )
