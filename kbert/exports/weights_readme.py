"""The README of a folder of weights: how the program of its format reads it."""

from collections.abc import Sequence

from kbert.exports.readme_parts import TITLES, meaning, numbered, outputs_name
from kbert.exports.truncation import differs, truncation_note, windows_note
from kbert.targets.target import Target
from kbert.tokenizer.hugging_face_files import HUGGING_FACE_MAX_WORD
from kbert.tokenizer.tokenizer import Tokenizer

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
_CUTS = {
    "huggingface": "transformers cuts at one side, and of two long texts gives the second one more "
    "token; `truncation=` of a call names the text of a pair.",
    "keras-hub": "keras-hub cuts the ends, of the longer text of a pair: cut such texts yourself.",
    "google": "run_classifier.py cuts the ends, of the longer text of a pair: cut such texts "
    "yourself.",
}
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
            note = windows_note(windows, tokenizer.cut_pair, max_length)
        cut = f"\n{note} {_CUTS[format]}\n"
    predicted = 'classifier.predict(["A moving story."])'
    read = _READ[format].format(
        outputs=outputs_name(target),
        keras_hub=f"keras.ops.softmax({predicted})"
        if target.activation == "softmax"
        else predicted,
    )
    return f"""# {TITLES[target.activation]}, for {format}

{meaning(target)}

{numbered(labels, target)}

It was trained on texts of up to {max_length} tokens. FOLDER is the path of this folder.
{cut}
{read}{_TEXT}{differing}"""
