"""Write the preset of a small new BERT whose vocabulary is the characters of a data file.

Usage: python tools/small_preset.py DATA OUTPUT

Every character that occurs twice becomes a piece, alone and as a continuation. Train from random
weights: kbert train DATA --preset OUTPUT --weights random --learning-rate 5e-4
"""

import json
import sys
from collections import Counter
from pathlib import Path

from kbert import KbertError, Tokenizer, read_examples

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def main(data: str, output: str) -> None:
    """Write config.json and vocab.txt."""
    counts = Counter(c for text in read_examples(data).texts for c in text.lower())
    letters = sorted(c for c, count in counts.items() if count > 1 and not c.isspace())
    vocabulary = [*SPECIALS, *letters, *("##" + c for c in letters)]
    Tokenizer(vocabulary)  # refuses an unusable vocabulary
    config = {
        "model_type": "bert",
        "vocab_size": len(vocabulary),
        "hidden_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 512,
        "max_position_embeddings": 512,
        "hidden_act": "gelu_new",
    }
    folder = Path(output)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    print(f"{folder}: {len(vocabulary):,} pieces")


try:
    main(*sys.argv[1:3])
except (KbertError, TypeError, OSError) as error:
    sys.exit(f"{error}")
