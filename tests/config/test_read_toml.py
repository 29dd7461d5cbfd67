from typing import Literal

import pytest

from kbert import InputError
from kbert.config import read_toml

HINTS = {"epochs": int, "allow": tuple[str, ...], "batch_size": int | Literal["auto"]}
HINTS["gradient_accumulation_steps"] = int


def read(folder, text):
    path = folder / "config.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_toml(path, HINTS)


def test_values_have_their_types(tmp_path):
    text = 'epochs = 3\nallow = ["no-warmup"]\nbatch_size = "auto"\n'
    expected = {"epochs": 3, "allow": ("no-warmup",), "batch_size": "auto"}
    assert read(tmp_path, text) == expected
    assert read(tmp_path, b"\xef\xbb\xbf" + text.encode()) == expected  # a byte order mark
    assert read(tmp_path, "") == {}


def test_names_of_version_0_1_are_known(tmp_path):
    assert read(tmp_path, "accumulation = 2\n") == {"gradient_accumulation_steps": 2}
    assert read(tmp_path, 'force = ["no-warmup"]\n') == {"allow": ("no-warmup",)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch = 3", "there is no setting 'epoch'. Did you mean 'epochs'?"),
        ("xyz = 3", "there is no setting 'xyz'. Known: epochs, allow"),
        ("epochs = 3.5", "must be a whole number. Received: 3.5"),
        ('batch_size = "all"', "must be a whole number or auto. Received: 'all'"),
        ("epochs =", "is not TOML"),
        (b"epochs = 3 # \xfc", "is not UTF-8, which TOML has to be: line 1 has the byte 0xfc"),
        (b"epochs = 3\0", "contains NUL characters"),
    ],
)
def test_errors_name_the_file(tmp_path, text, message):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(str(tmp_path / "config.toml"))
    assert message in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"There is no file .*none\.toml"):
        read_toml(tmp_path / "none.toml", HINTS)
