"""Compare kbert's tokenizer of Hugging Face folders with `AutoTokenizer.from_pretrained`.

`python -m tools.tokenizer_table` writes small folders in which tokenizer_config.json and
tokenizer.json agree, differ or are missing, and prints, for each combination of lower-casing,
accents and Chinese characters, for how many of the texts the ids are equal.
"""

import itertools
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tokenizers import processors

from kbert.interop.sources import find_source
from kbert.tokenizer.rust_tokenizers import build_wordpiece

TEXTS = (
    "The actors are SUPERB, and the café's naïve waiter is, too.",
    "Über die Straße läuft ein MÜDER Hund; es ist schön.",
    "İstanbul'da ISPARTA gülü ve ılık çay, İZMİR'de ışık.",
    "Ο μικρός δρόμος και η ΘΆΛΑΣΣΑ.",
    "这部电影很好看, 我会推荐给 friends 好好看.",
    "이 영화는 정말 재미있다. 한국어",
    "e\u0301te\u0301 A\u030angstro\u0308m \u1e9b\u0323 ﬁlm Ｆｕｌｌ",
    "w" * 99 + " " + "w" * 100 + " " + "w" * 101 + " " + "w" * 201,
    "@user wrote <user> and <USER> to [Turn]\n[turn]",
)
FINAL_SIGMA = "Ο μικρός ΔΡΌΜΟΣ."
"""Google's code lower-cases it to a final sigma, as kbert does; transformers does not."""
ADDED = (
    {"content": "<user>", "normalized": True, "special": False},
    {"content": "[Turn]", "normalized": False, "special": True},
)
KINDS = (None, "BertTokenizer", "BertTokenizerFast", "PreTrainedTokenizerFast")
SETTINGS = tuple(itertools.product((None, True, False), (None, True, False), (None, True, False)))
"""do_lower_case, strip_accents and tokenize_chinese_chars; None where a file does not set it."""
NAMES = ("do_lower_case", "strip_accents", "tokenize_chinese_chars")


def pieces() -> list[str]:
    """Return a vocabulary in which each treatment of the texts gives different ids."""
    letters = dict.fromkeys("".join(TEXTS))
    words = [word for text in (*TEXTS[:7], FINAL_SIGMA) for word in text.split()]
    normal = build_wordpiece({"[UNK]": 0}, (), lowercase=True, strip_accents=True).normalizer
    words += [normal.normalize_str(word) for word in words]
    words += [word.lower() for word in words] + [word.upper() for word in words]
    single = [c for word in words for c in word]
    found = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, *letters, *single]
    found += [f"##{c}" for c in [*letters, *single]]
    return list(dict.fromkeys(p for p in found if p.strip() == p and " " not in p))


def write_folder(
    folder: Path,
    kind: str | None,
    config: tuple[bool | None, ...] | None,
    file: tuple[bool | None, ...] | None,
    added: str | None = None,
) -> None:
    """Write the tokenizer's files of a Hugging Face folder.

    Args:
        folder: Path.
        kind: its tokenizer_class, or None.
        config: the settings of tokenizer_config.json, or None: there is no such file.
        file: those of tokenizer.json, or None: there is vocab.txt alone.
        added: the file with the added tokens: "config", "file" or None.
    """
    vocabulary = pieces()
    numbered = [(len(vocabulary) + n, token) for n, token in enumerate(ADDED)]
    named = {"pad": 0, "unk": 1, "cls": 2, "sep": 3, "mask": 4}
    numbered += [
        (n, {"content": f"[{name.upper()}]", "special": True}) for name, n in named.items()
    ]
    flags = {"lstrip": False, "rstrip": False, "single_word": False, "normalized": False}
    numbered = sorted(((n, {**flags, **token}) for n, token in numbered), key=lambda pair: pair[0])
    (folder / "config.json").write_text(json.dumps({"model_type": "bert"}))
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    if config is not None or kind is not None:
        told = dict(zip(NAMES, config or (None,) * 3, strict=True))
        values: dict[str, Any] = {name: v for name, v in told.items() if v is not None}
        if kind is not None:
            values["tokenizer_class"] = kind
        if added == "config":
            values["added_tokens_decoder"] = {str(n): token for n, token in numbered}
        values["model_max_length"] = 512
        (folder / "tokenizer_config.json").write_text(json.dumps(values))
    if file is not None:
        lower, accents, chinese = file
        ids = {piece: n for n, piece in enumerate(vocabulary)}
        rust = build_wordpiece(
            ids,
            (),
            lowercase=lower is not False,
            strip_accents=accents,
            handle_chinese_chars=chinese is not False,
        )
        template = ("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", [("[CLS]", 2), ("[SEP]", 3)])
        rust.post_processor = processors.TemplateProcessing(*template)
        spec = json.loads(rust.to_str())
        spec["added_tokens"] = [{"id": n, **t} for n, t in numbered] if added == "file" else []
        (folder / "tokenizer.json").write_text(json.dumps(spec))


def differences(folder: Path) -> list[str]:
    """Return the texts for which kbert gives different ids than transformers."""
    import transformers

    theirs = transformers.AutoTokenizer.from_pretrained(folder)
    ours = find_source(folder).tokenizer()
    return [
        text
        for text, (ids, _) in zip(TEXTS, ours.encode(TEXTS, max_length=512), strict=True)
        if ids != theirs(text, truncation=True)["input_ids"]
    ]


def cases() -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Yield the name of each kind of folder and the arguments of its `write_folder`s."""
    for kind in KINDS:
        name = kind or "no class"
        opposite = [
            (s, tuple(None if v is None else not v for v in s))
            for s in SETTINGS
            if any(v is not None for v in s)
        ]
        yield f"{name}, tokenizer.json alone", [(kind, None, s) for s in SETTINGS]
        yield f"{name}, the two contradict", [(kind, *pair) for pair in opposite]
        yield (
            f"{name}, added tokens",
            [(kind, s, s, where) for s in SETTINGS for where in ("config", "file")],
        )
        if kind != "PreTrainedTokenizerFast":
            yield (
                f"{name}, vocab.txt and tokenizer_config.json",
                [(kind, s, None) for s in SETTINGS],
            )
    yield "vocab.txt alone", [(None, None, None)]


def main() -> None:
    """Print the table."""
    import transformers

    transformers.logging.set_verbosity_error()
    print(f"transformers {transformers.__version__}; {len(TEXTS)} texts in each folder\n")
    print("| folder | combinations | equal ids |\n|---|---|---|")
    for name, arguments in cases():
        differing = 0
        for case in arguments:
            with tempfile.TemporaryDirectory() as folder:
                write_folder(Path(folder), *case)
                differing += len(differences(Path(folder)))
        total = len(arguments) * len(TEXTS)
        print(f"| {name} | {len(arguments)} | {total - differing} of {total} |")


if __name__ == "__main__":
    main()
