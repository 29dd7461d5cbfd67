"""One side of a comparison: the Hugging Face Trainer, with the best settings known for it.

It runs in its own environment, without kbert, and prints its speed as a line of JSON. Texts are
tokenized beforehand; batches are grouped by length and padded to multiples of 8.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import torch
from memory_use import forget_peak, held_mb, peak_mb  # it runs as a file, not as a module
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)


class Clock(TrainerCallback):
    """Notes when each epoch ends."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_epoch_end(self, *_, **__) -> None:
        """Note the time, once the device has finished its work."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.ends.append(time.perf_counter())


def main() -> None:
    """Train, and print the examples per second of the epochs after the first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="folder of the weights and the tokenizer")
    parser.add_argument("--data", type=Path, required=True, help="JSON Lines of text and label")
    parser.add_argument("--max-length", type=int, required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), required=True)
    parser.add_argument("--attention", default="sdpa", help="eager, sdpa, flash_attention_2")
    parser.add_argument("--gradient-checkpointing", action="store_true")
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.data.read_text(encoding="utf-8").splitlines()]
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    encoded = tokenizer([r["text"] for r in rows], truncation=True, max_length=options.max_length)
    data = [
        {**{name: ids[i] for name, ids in encoded.items()}, "labels": row["label"]}
        for i, row in enumerate(rows)
    ]
    settings = {
        "num_labels": 2,
        "attn_implementation": options.attention,
        "dtype": torch.float32,
    }
    if Path(options.model, "model.safetensors").is_file():
        model = AutoModelForSequenceClassification.from_pretrained(options.model, **settings)
    else:
        config = AutoConfig.from_pretrained(options.model, num_labels=settings.pop("num_labels"))
        model = AutoModelForSequenceClassification.from_config(config, **settings)
    padded: list[int] = []
    pad = DataCollatorWithPadding(tokenizer, pad_to_multiple_of=8)

    def collate(features: list[dict]) -> dict:
        batch = pad(features)
        padded.append(batch["input_ids"].numel())
        return batch

    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            num_train_epochs=options.epochs,
            per_device_train_batch_size=options.batch_size,
            learning_rate=5e-5,
            train_sampling_strategy="group_by_length",
            bf16=options.precision == "bfloat16",
            use_cpu=not torch.cuda.is_available(),
            logging_strategy="no",
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            gradient_checkpointing=options.gradient_checkpointing,
        )
        trainer = Trainer(
            model, arguments, train_dataset=data, data_collator=collate, callbacks=[clock]
        )
        forget_peak()
        loaded = held_mb()
        trainer.train()
    real = sum(len(ids) for ids in encoded["input_ids"]) * options.epochs
    speed = (options.epochs - 1) * len(rows) / (clock.ends[-1] - clock.ends[0])
    found = {"speed": speed, "real_tokens": real / sum(padded), "loaded_mb": loaded}
    device = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
    print(json.dumps({**found, "peak_mb": peak_mb(), "device_mb": device / 1e6}))


if __name__ == "__main__":
    main()
