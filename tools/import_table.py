"""Create models in every format that kbert imports, and compare with each format's own runtime.

    KERAS_BACKEND=torch python -m tools.import_table

For Google the outputs of its own code in tests/data/reference are used. Hugging Face and keras-hub
models are created from MiniLM's weights with a new head, and given 200 sentences that people wrote,
each with its own tokenizer.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kbert.backend.choose_backend import choose_backend, import_keras

REFERENCE = Path(__file__).parents[1] / "tests" / "data" / "reference"
LABELS = ["bad", "good"]
LENGTH = 64


def main() -> None:
    """Print the table."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    backend = choose_backend()
    import_keras()
    from kbert.cli.demo_data import read_movie_reviews

    texts = read_movie_reviews("rotten_tomatoes")["text"].to_pylist()[::43][:200]
    print(f"kbert on {backend}; greatest difference from the source's own runtime\n")
    print(f"{'source':62} | own runtime    | compared       | greatest")
    print("-" * 63 + "|" + "-" * 16 + "|" + "-" * 16 + "|---------")
    with tempfile.TemporaryDirectory() as between:
        folder = Path(between)
        for rows in (google(), hugging_face(folder, texts), keras_hub_and_runs(folder, texts)):
            for source, runtime, compared, difference in rows:
                print(f"{source:62} | {runtime:14} | {compared:14} | {difference:.1e}", flush=True)


Row = tuple[str, str, str, float]


def google() -> Iterator[Row]:
    """Compare with what google-research/bert computed."""
    from kbert import BertClassifier
    from kbert.interop.google import read_google
    from kbert.models.build_classifier import build_classifier

    computed = np.load(REFERENCE / "logits.npz")
    names = {"input_ids": "token_ids", "segment_ids": "segment_ids", "input_mask": "padding_mask"}
    inputs = {ours: computed[theirs] for theirs, ours in names.items()}
    release = REFERENCE / "tiny_checkpoint"
    encoder = BertClassifier.from_preset(str(release), LABELS, max_length=32).backbone
    outputs = encoder.predict(inputs, verbose=0)
    for name in ("sequence_output", "pooled_output"):
        yield (
            "Google's release (TF1 checkpoint)",
            "bert on TF 2.15",
            name,
            greatest(outputs[name], computed[name]),
        )
    source = read_google(REFERENCE / "tiny_checkpoint_classifier", base=release)
    model = build_classifier(BertClassifier, source, ["x", "y", "z"], max_length=32)
    difference = greatest(model.predict(inputs, verbose=0), computed["logits"])
    yield "run_classifier.py's output directory", "bert on TF 2.15", "logits", difference


def hugging_face(folder: Path, texts: list[str]) -> Iterator[Row]:
    """Compare with transformers."""
    import torch
    import transformers

    from kbert.interop.sources import find_source

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    minilm = find_source("minilm").path
    tokenizer = transformers.BertTokenizerFast.from_pretrained(minilm)
    ids = {"id2label": dict(enumerate(LABELS)), "label2id": {n: i for i, n in enumerate(LABELS)}}

    def made(**settings: Any) -> Any:
        torch.manual_seed(0)
        kind = transformers.BertForSequenceClassification
        return kind.from_pretrained(minilm, **ids, **settings).eval()

    erf, tanh = made(), made(hidden_act="gelu_new")
    larger = made()
    added = transformers.BertTokenizerFast.from_pretrained(minilm)
    added.add_tokens(["<user>", "<url>"])
    larger.resize_token_embeddings(len(added))
    cases = [
        ("Hugging Face: safetensors, erf-GELU, id2label", erf, tokenizer, "save"),
        ("Hugging Face: tanh-GELU", tanh, tokenizer, "save"),
        ("Hugging Face: pytorch_model.bin", erf, tokenizer, "bin"),
        ("Hugging Face: shards of 20 MB", erf, tokenizer, "shards"),
        ("Hugging Face: added tokens <user>, <url>", larger, added, "save"),
        (
            "Hugging Face: cased, accents kept, vocab.txt alone",
            erf,
            transformers.BertTokenizerFast(
                str(minilm / "vocab.txt"), do_lower_case=False, strip_accents=False
            ),
            "save",
        ),
    ]
    for number, (name, theirs, words, how) in enumerate(cases):
        place = folder / str(number)
        theirs.save_pretrained(place, max_shard_size="20MB" if how == "shards" else "5GB")
        if how == "bin":
            (place / "model.safetensors").unlink()
            torch.save(theirs.state_dict(), place / "pytorch_model.bin")
        words.save_pretrained(place)
        asked = [f"@<user> {t} <url>" for t in texts] if words is added else texts
        expected = []
        for text in asked:
            encoded = words(text, truncation=True, max_length=LENGTH, return_tensors="pt")
            with torch.no_grad():
                expected.append(theirs(**encoded).logits[0].numpy())
        yield name, "transformers", "logits", greatest(logits(place, asked), np.array(expected))
    yield from encoders(minilm, folder, texts, tokenizer, erf)


def encoders(
    minilm: Path, folder: Path, texts: list[str], tokenizer: Any, classifier: Any
) -> Iterator[Row]:
    """Compare the pooled output of encoders without a head, with and without a prefix."""
    import torch
    import transformers

    from kbert import BertClassifier

    alone = transformers.BertModel.from_pretrained(minilm).eval()
    encoded = tokenizer(
        texts, truncation=True, max_length=LENGTH, padding=True, return_tensors="pt"
    )
    with torch.no_grad():
        expected = alone(**encoded).pooler_output.numpy()
    names = {"input_ids": "token_ids", "token_type_ids": "segment_ids"}
    names["attention_mask"] = "padding_mask"
    inputs = {ours: encoded[theirs].numpy() for theirs, ours in names.items()}
    for name, model in (("without prefix", alone), ("prefix bert.", classifier)):
        place = folder / name
        model.save_pretrained(place)
        tokenizer.save_pretrained(place)
        backbone = BertClassifier.from_preset(str(place), LABELS).backbone
        found = backbone.predict(inputs, verbose=0)["pooled_output"]
        source = f"Hugging Face: encoder, {name}"
        yield source, "transformers", "pooled_output", greatest(found, expected)


def keras_hub_and_runs(folder: Path, texts: list[str]) -> Iterator[Row]:
    """Compare with keras-hub, including its tokenizer, and a run with itself."""
    import keras_hub

    from kbert import BertClassifier

    made = BertClassifier.from_preset("minilm", LABELS, max_length=LENGTH, pooling="cls")
    made.save_to(folder / "run" / "model")
    vocabulary = list(made.tokenizer.vocabulary)
    tanh = BertClassifier.from_config({**made.get_config(), "gelu": "tanh"})
    tanh.set_weights(made.get_weights())
    for activation in (None, "softmax"):
        task = keras_hub.models.BertTextClassifier(
            tanh.backbone,
            num_classes=2,
            activation=activation,
            preprocessor=keras_hub.models.BertTextClassifierPreprocessor(
                keras_hub.models.BertTokenizer(
                    vocabulary=vocabulary, lowercase=True, strip_accents=True
                ),
                sequence_length=LENGTH,
            ),
        )
        place = folder / f"task-{activation}"
        task.save_to_preset(str(place))
        expected = np.asarray(task.predict(texts, verbose=0))
        model = BertClassifier.from_preset(str(place), LABELS, head="preset")
        found = model.predict_proba(texts) if activation else logits_of(model, texts)
        source = f"keras-hub BertTextClassifier, activation {activation}"
        compared = "probabilities" if activation else "logits"
        yield source, "keras-hub", compared, greatest(found, expected)
    found = logits(folder / "run", texts)
    yield "a kbert run", "kbert", "logits", greatest(found, logits_of(made, texts))


def logits(folder: Path, texts: list[str]) -> np.ndarray:
    """Return the logits of a folder's model with its own head."""
    from kbert import BertClassifier

    return logits_of(BertClassifier.from_preset(str(folder), max_length=LENGTH), texts)


def logits_of(model: Any, texts: list[str]) -> np.ndarray:
    """Return a classifier's logits in the order of the texts."""
    from kbert import Examples

    return model.predict(model.batches(Examples(texts)), verbose=0)


def greatest(found: Any, expected: Any) -> float:
    """Return the greatest difference."""
    return float(np.abs(np.asarray(found) - np.asarray(expected)).max())


if __name__ == "__main__":
    main()
