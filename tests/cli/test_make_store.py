"""Token stores made on the command line."""

import shlex

import pytest

from kbert.cli.make_store import make_store
from kbert.cli.words import FlagWords
from kbert.config import ModelOptions
from kbert.data.reading.reading_options import ReadingOptions
from kbert.findings import speaking


@pytest.mark.parametrize(
    "settings",
    [{"long_text": "tail"}, {"long_text": "windows", "stride": 2, "max_windows": 3}],
    ids=str,
)
def test_the_suggested_command_has_the_settings_of_the_store(
    settings, reviews, tiny_preset, tmp_path, capsys
):
    preset, place = str(tiny_preset), str(tmp_path / "store")
    model = ModelOptions(preset=preset, max_length=8, **settings)
    with speaking(FlagWords()):
        make_store(str(reviews), place, model, ReadingOptions(), 20)
    told = capsys.readouterr()
    (line,) = [line for line in (told.out + told.err).splitlines() if "Next:" in line]
    words = shlex.split(line)
    named = {name: words[words.index(f"--{name.replace('_', '-')}") + 1] for name in settings}
    assert named == {name: str(value) for name, value in settings.items()}
