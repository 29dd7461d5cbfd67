"""The README of an export: how to use it without kbert, and with it."""

from collections.abc import Sequence

from kbert.data.padding import INPUTS
from kbert.serving.export_settings import ExportSettings
from kbert.serving.sessions import PACKAGES
from kbert.tokenizer.hugging_face_files import HUGGING_FACE_MAX_WORD

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
probabilities = program(*(torch.from_numpy(array) for array in inputs.values()))""",
}


_READ = {
    "huggingface": """```python
from transformers import pipeline

classify = pipeline("text-classification", model=FOLDER, top_k=None)
probabilities = classify(["A moving story."], truncation=True)
```
""",
    "keras-hub": """```python
import keras
import keras_hub

classifier = keras_hub.models.BertTextClassifier.from_preset(FOLDER)
probabilities = keras.ops.softmax(classifier.predict(["A moving story."]))
```
""",
    "google": """google-research/bert loads it with

    python run_classifier.py --do_predict=true --vocab_file=FOLDER/vocab.txt \\
      --bert_config_file=FOLDER/bert_config.json --init_checkpoint=FOLDER/bert_model.ckpt

and the task, the data, the maximum length and the casing of the run.
""",
}


_TEXT = """
"[SEP]" and other special pieces in a text are plain text.
"""
_WORDS = """
Words of 101 to 200 characters, which are [UNK] to the model, are looked up by Google's code.
"""


def weights_readme(
    format: str, labels: Sequence[str], max_length: int, max_word_length: int
) -> str:
    """Return the README.md of a folder of weights.

    Args:
        format: str. The folder's format.
        labels: sequence of str. The classes.
        max_length: int. The maximum tokens of a text.
        max_word_length: int. Characters of the longest word that the tokenizer looks up.
    """
    differing = _WORDS if format == "google" and max_word_length == HUGGING_FACE_MAX_WORD else ""
    return f"""# A BERT classifier, for {format}

Its classes, by their numbers:

{_numbered(labels)}

It was trained on texts of up to {max_length} tokens. FOLDER is the path of this folder.

{_READ[format]}{_TEXT}{differing}"""


def _arrays() -> str:
    """Return the lines that make each input of what the package tokenizers returns."""
    attributes = ("ids", "type_ids", "attention_mask")
    return "\n".join(
        f'    "{name}": np.array([e.{attribute} for e in encoded], np.int32),'
        for name, attribute in zip(INPUTS, attributes, strict=True)
    )


def _numbered(labels: Sequence[str]) -> str:
    return "\n".join(f"{number}. {name}" for number, name in enumerate(labels))


def program_readme(settings: ExportSettings) -> str:
    """Return the README.md of a program's folder.

    Args:
        settings: ExportSettings. The contents of its kbert.json.
    """
    width = (
        f"always {settings.length} wide" if settings.length else f"up to {settings.max_length} wide"
    )
    padding = (
        f"tokenizer.enable_padding(length={settings.length})"
        if settings.length
        else "tokenizer.enable_padding()"
    )
    splits = settings.tokenizer.get("split_special_tokens")
    splitting = "tokenizer.encode_special_tokens = True\n" if splits else ""
    texts = '[("first text", "second text")]' if settings.text_pairs else '["A moving story."]'
    with_kbert = (
        f"With kbert and the package {PACKAGES[settings.kind]}:\n\n"
        "```python\nfrom kbert import Predictor\npredictor = Predictor.load(FOLDER)\n"
        f"predictor.predict([text]{', [second_text]' if settings.text_pairs else ''})\n```\n\n"
        if settings.kind in PACKAGES
        else ""
    )
    return f"""# A BERT classifier as {settings.kind}{", int8" if settings.int8 else ""}

In: {", ".join(f"`{name}`" for name in INPUTS)}, int32 [rows, width], {width}. Out: `probabilities`,
float32 [rows, {len(settings.labels)}], one column per class:

{_numbered(settings.labels)}

{with_kbert}Without kbert, in this folder, with the package tokenizers:

```python
import numpy as np
from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file("tokenizer.json")
{splitting}tokenizer.enable_truncation({settings.max_length})
{padding}
encoded = tokenizer.encode_batch({texts})
inputs = {{
{_arrays()}
}}
{_CALLS[settings.kind]}
```

`kbert.json` holds the same settings in a form for programs.
"""
