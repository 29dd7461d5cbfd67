"""The README of an export: how to use it without kbert, and with it."""

from collections.abc import Sequence

from kbert.choices import CutPair, LongText
from kbert.data.padding import INPUTS
from kbert.exports.truncation import differs, truncation_note, windows_note
from kbert.serving.export_settings import ExportSettings
from kbert.serving.sessions import PACKAGES
from kbert.targets.known_targets import target_of
from kbert.targets.target import Target
from kbert.tokenizer.hugging_face_files import HUGGING_FACE_MAX_WORD
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.tokenizer.truncation import head_tokens

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
{outputs} = classify(["A moving story."], truncation=True)
```
""",
    "keras-hub": """```python
import keras
import keras_hub

classifier = keras_hub.models.BertTextClassifier.from_preset(FOLDER)
{outputs} = {keras_hub}
```
""",
    "google": """google-research/bert loads it with

    python run_classifier.py --do_predict=true --vocab_file=FOLDER/vocab.txt \\
      --bert_config_file=FOLDER/bert_config.json --init_checkpoint=FOLDER/bert_model.ckpt

and the task, the data, the maximum length and the casing of the run.
""",
}


_NAMES = {
    "softmax": "A BERT classifier",
    "sigmoid": "A BERT classifier",
    "linear": "A BERT that predicts numbers",
}
_CUTS = {
    "huggingface": "transformers cuts at one side, and of two long texts gives the second one more "
    "token; `truncation=` of a call names the text of a pair.",
    "keras-hub": "keras-hub cuts the ends, of the longer text of a pair: cut such texts yourself.",
    "google": "run_classifier.py cuts the ends, of the longer text of a pair: cut such texts "
    "yourself.",
}
_HEAD_AND_TAIL = """

def encode(text):
    head, tail = (tokenizer.encode(text, add_special_tokens=False) for _ in range(2))
    if len(head) > {room}:
        head.truncate({head})
        tail.truncate({tail}, direction="left")
        head = Encoding.merge([head, tail])
    return tokenizer.post_process(head)


encoded = [encode(text) for text in {texts}]
for e in encoded:
    e.pad({width})"""
_TEXT = """
"[SEP]" and other special pieces in a text are plain text.
"""
_WORDS = """
Words of 101 to 200 characters, which are [UNK] to the model, are looked up by Google's code.
"""


def weights_readme(
    format: str, labels: Sequence[str], max_length: int, tokenizer: Tokenizer, target: Target
) -> str:
    """Return the README.md of a folder of weights.

    Args:
        format: str. The folder's format.
        labels: sequence of str. The labels.
        max_length: int. The maximum tokens of a text.
        tokenizer: Tokenizer. The model's.
        target: Target. What a label is.
    """
    is_100 = tokenizer.max_word_length == HUGGING_FACE_MAX_WORD
    differing = _WORDS if format == "google" and is_100 else ""
    cut = ""
    if any(differs(format, tokenizer, is_pair=is_pair) for is_pair in (False, True)):
        windows = tokenizer.windows
        if windows is None:
            note = truncation_note(tokenizer.long_text, tokenizer.cut_pair, max_length)
        else:
            note = windows_note(tokenizer, windows, max_length)
        cut = f"\n{note} {_CUTS[format]}\n"
    predicted = 'classifier.predict(["A moving story."])'
    read = _READ[format].format(
        outputs=_outputs(target),
        keras_hub=f"keras.ops.softmax({predicted})"
        if target.activation == "softmax"
        else predicted,
    )
    return f"""# {_NAMES[target.activation]}, for {format}

{_meaning(target)}

{_numbered(labels, target)}

It was trained on texts of up to {max_length} tokens. FOLDER is the path of this folder.
{cut}
{read}{_TEXT}{differing}"""


def _arrays() -> str:
    """Return the lines that make each input of what the package tokenizers returns."""
    attributes = ("ids", "type_ids", "attention_mask")
    return "\n".join(
        f'    "{name}": np.array([e.{attribute} for e in encoded], np.int32),'
        for name, attribute in zip(INPUTS, attributes, strict=True)
    )


def _numbered(labels: Sequence[str], target: Target) -> str:
    limits = target.limits(len(labels))
    shown = [""] * len(labels) if limits is None else [f" ({limit:.6f})" for limit in limits]
    named = enumerate(zip(labels, shown, strict=True))
    return "\n".join(f"{number}. {name}{limit}" for number, (name, limit) in named)


def _outputs(target: Target) -> str:
    """Return what a program's variable is called that holds the outputs."""
    return "numbers" if target.activation == "linear" else "probabilities"


def _meaning(target: Target) -> str:
    """Return what is listed: the outputs, by their columns."""
    return {
        "softmax": "Its classes, by their numbers:",
        "sigmoid": "A text has several labels, or none: each one whose probability is at least its "
        "threshold. The labels by their numbers, with their thresholds:",
        "linear": "It predicts numbers, each in the unit that it was trained with:",
    }[target.activation]


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
    return f"""# {_NAMES[target.activation]} as {settings.kind}{", int8" if settings.int8 else ""}

In: {", ".join(f"`{name}`" for name in INPUTS)}, int32 [rows, width], {width}. Out: `probabilities`,
float32 [rows, {len(settings.labels)}]. {_meaning(target)}

{_numbered(settings.labels, target)}

{with_kbert}Without kbert, in this folder, with the package tokenizers:

```python
import numpy as np
{_encoding(settings)}
inputs = {{
{_arrays()}
}}
{_CALLS[settings.kind]}
```

`kbert.json` holds the same settings in a form for programs.
"""


def _encoding(settings: ExportSettings) -> str:
    """Return the lines that make `encoded` with the package tokenizers."""
    long_text: LongText = settings.tokenizer.get("long_text", "head")
    cut_pair: CutPair = settings.tokenizer.get("cut_pair", "longest")
    texts = '[("first text", "second text")]' if settings.text_pairs else '["A moving story."]'
    opening = 'tokenizer = Tokenizer.from_file("tokenizer.json")\n'
    if settings.tokenizer.get("split_special_tokens"):
        opening += "tokenizer.encode_special_tokens = True\n"
    if long_text == "head+tail" and not settings.text_pairs:
        room = settings.max_length - 2
        head = head_tokens(room, long_text)
        width = settings.length or "max(map(len, encoded))"
        lines = _HEAD_AND_TAIL.format(
            room=room, head=head, tail=room - head, texts=texts, width=width
        )
        return f"from tokenizers import Encoding, Tokenizer\n\n{opening}{lines}"
    width = f"length={settings.length}" if settings.length else ""
    how = 'direction="left"' if long_text == "tail" else ""
    if settings.text_pairs and cut_pair != "longest":
        how = ", ".join(filter(None, [how, f'strategy="only_{cut_pair}"']))
    cutting = f"tokenizer.enable_truncation({settings.max_length}{how and ', '}{how})"
    if long_text == "head+tail":
        cutting = f"# {truncation_note(long_text, cut_pair, settings.max_length)}"
    return (
        f"from tokenizers import Tokenizer\n\n{opening}{cutting}\n"
        f"tokenizer.enable_padding({width})\nencoded = tokenizer.encode_batch({texts})"
    )
