"""The side of the other tools, in their own environment, without kbert.

    python benchmarks/recipes/peers.py trainer|setfit FOLDER SETTINGS

FOLDER has train.csv, dev.csv and test.csv; SETTINGS is a JSON object. The last line that is printed
is a JSON list: for each evaluation, the true and the predicted label of each row of dev and test.
"""

import csv
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

Predicted = list[dict[str, list[tuple[str, str]]]]


def read(path: Path) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return the texts of a file, two for a pair, and its labels."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [(row["text"], row["pair"]) if "pair" in row else (row["text"],) for row in rows], [
        row["label"] for row in rows
    ]


def train_trainer(folder: Path, settings: dict[str, Any]) -> Predicted:
    """Train with the Hugging Face Trainer; return what it predicts after each epoch."""
    import torch
    from transformers import (
        AutoConfig,
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainerCallback,
        TrainingArguments,
        set_seed,
    )

    set_seed(settings["seed"])
    tokenizer = AutoTokenizer.from_pretrained(settings["model"])
    labels = sorted(set(read(folder / "train.csv")[1]))

    def encoded(part: str) -> list[dict[str, Any]]:
        texts, names = read(folder / f"{part}.csv")
        tokens = tokenizer(
            *map(list, zip(*texts, strict=True)), truncation=True, max_length=settings["max_length"]
        )
        return [
            {**{key: ids[i] for key, ids in tokens.items()}, "labels": labels.index(name)}
            for i, name in enumerate(names)
        ]

    parts = {part: encoded(part) for part in ("train", "dev", "test")}
    if settings["pretrained"]:
        model = AutoModelForSequenceClassification.from_pretrained(
            settings["model"], num_labels=len(labels), dtype=torch.float32
        )
    else:
        config = AutoConfig.from_pretrained(settings["model"], num_labels=len(labels))
        model = AutoModelForSequenceClassification.from_config(config)
    found: Predicted = []

    class Predict(TrainerCallback):
        """Predict after each epoch."""

        def on_epoch_end(self, *_: Any, **__: Any) -> None:
            """Keep the true and predicted labels of each part."""
            told = {}
            for part in ("dev", "test"):
                given = trainer.predict(parts[part])
                true, logits = given.label_ids, given.predictions
                told[part] = [
                    (labels[a], labels[b]) for a, b in zip(true, logits.argmax(-1), strict=True)
                ]
            found.append(told)

    with tempfile.TemporaryDirectory() as output:
        arguments = TrainingArguments(
            output,
            seed=settings["seed"],
            num_train_epochs=settings["epochs"],
            per_device_train_batch_size=settings["batch_size"],
            per_device_eval_batch_size=settings["batch_size"],
            learning_rate=settings["learning_rate"],
            warmup_steps=0.1,  # a value below 1 is a share of the steps
            weight_decay=0.01,
            bf16=settings["precision"] == "bfloat16",
            use_cpu=not torch.cuda.is_available(),
            logging_strategy="no",
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
        )
        trainer = Trainer(
            model,
            arguments,
            train_dataset=parts["train"],
            data_collator=DataCollatorWithPadding(tokenizer, pad_to_multiple_of=8),
            callbacks=[Predict()],
        )
        trainer.train()
        trainer.save_model(output)
    return found


def train_setfit(folder: Path, settings: dict[str, Any]) -> Predicted:
    """Train with setfit, as its paper does; return what it predicts at the end."""
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    (texts, names), labels = read(folder / "train.csv"), None
    labels = sorted(set(names))
    model = SetFitModel.from_pretrained(settings["model"])
    rows = {"text": [text for (text,) in texts], "label": [labels.index(n) for n in names]}
    with tempfile.TemporaryDirectory() as output:
        arguments = TrainingArguments(
            output,
            seed=settings["seed"],
            batch_size=16,
            num_epochs=1,
            num_iterations=20,
            save_strategy="no",
            report_to="none",
            show_progress_bar=False,
        )
        trainer = Trainer(model, arguments, train_dataset=Dataset.from_dict(rows))
        trainer.train()
    told = {}
    for part in ("dev", "test"):
        texts, true = read(folder / f"{part}.csv")
        predicted = [labels[int(at)] for at in model.predict([text for (text,) in texts])]
        told[part] = list(zip(true, predicted, strict=True))
    return [told]


def main() -> None:
    """Train, and print what is predicted."""
    tool, folder, settings = sys.argv[1:]
    train = {"trainer": train_trainer, "setfit": train_setfit}[tool]
    print(json.dumps(train(Path(folder), json.loads(settings))))


if __name__ == "__main__":
    main()
