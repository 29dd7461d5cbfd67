"""How a sentence encoder was trained to read a text: from the files of sentence-transformers."""

from pathlib import Path

from kbert.choices import TokenPooling
from kbert.utils.untrusted import read_json

# Where sentence-transformers writes it: the module behind the encoder, in a folder of its own.
_FILE = Path("1_Pooling", "config.json")
_MODE = "pooling_mode_"


def sentence_pooling(folder: Path) -> TokenPooling:
    """Return "mean" for the folder of a sentence encoder that averages its tokens, else "cls".

    Raises:
        InputError: its file is not a JSON object.
    """
    file = folder / _FILE
    if not file.is_file():
        return "cls"
    config = read_json(file)
    if "pooling_mode" in config:  # as sentence-transformers 6 writes it
        return "mean" if config["pooling_mode"] in ("mean", ["mean"]) else "cls"
    modes = {name for name, value in config.items() if name.startswith(_MODE) and value is True}
    return "mean" if modes == {_MODE + "mean_tokens"} else "cls"
