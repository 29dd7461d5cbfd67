"""The tokenizer settings of a Hugging Face folder, as transformers 5 reads them."""

from pathlib import Path
from typing import Any

from kbert.findings import worded
from kbert.utils.untrusted import read_json

BERT = (
    *("Bert", "DistilBert", "Electra", "MobileBert", "SqueezeBert", "LayoutLM", "Lxmert"),
    *("ConvBert", "DPRContextEncoder", "DPRQuestionEncoder", "DPRReader"),
)
"""transformers' names for its BertTokenizer, which takes only the pieces from a tokenizer.json."""

WHOLE_FILE = ("PreTrained", "TokenizersBackend", "PythonBackend")
"""transformers' names for the tokenizers that take all of a tokenizer.json."""

CONFIG_FILE = "tokenizer_config.json"
# Those that return no segments unless tokenizer_config.json asks for them.
_WITHOUT_SEGMENTS = ("DistilBert", "DPRReader", *WHOLE_FILE)


def tokenizer_config(folder: Path) -> dict[str, Any]:
    """Return tokenizer_config.json and what transformers takes from special_tokens_map.json."""
    config = read_if_there(folder / CONFIG_FILE)
    new, old = "extra_special_tokens", "additional_special_tokens"
    if old in config and not config.get(new):
        config[new] = config.pop(old)
    if "added_tokens_decoder" not in config:
        older = read_if_there(folder / "special_tokens_map.json")
        lists = [c[new] for c in (config, older) if isinstance(c.get(new), list)]
        config = {**config, **older}
        if len(lists) == 2:
            config[new] = [*lists[0], *lists[1]]
    if config.get(new):
        config.pop(old, None)
    return config


def tokenizer_class(folder: Path, config: dict[str, Any]) -> tuple[Any, str]:
    """Return the name of a folder's tokenizer class, and the name without its suffixes."""
    name = config.get("tokenizer_class")
    if name is None:
        name = read_if_there(folder / "config.json").get("tokenizer_class") or "BertTokenizer"
    return name, str(name).removesuffix("Fast").removesuffix("Tokenizer")


def segments_note(folder: Path) -> tuple[str, ...]:
    """Return a line if transformers gives both texts of a pair the same segment, or nothing."""
    config = tokenizer_config(folder)
    name, kind = tokenizer_class(folder, config)
    told = config.get("model_input_names")
    if "token_type_ids" in told if isinstance(told, list) else kind not in _WITHOUT_SEGMENTS:
        return ()
    return (
        worded(
            "Pairs: the second text has segment 1, as in BERT; {name} of transformers 5 gives it "
            "0.",
            name=name,
        ),
    )


def read_if_there(file: Path) -> dict[str, Any]:
    """Return the values of a JSON file, or none if there is no file."""
    return read_json(file) if file.is_file() else {}
