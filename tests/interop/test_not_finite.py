"""Weights that are not finite: with NaN, every text would get the first class."""

import io
import shutil
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from kbert import InputError, find_source

OLD = Path(__file__).parents[1] / "data" / "formats" / "0.1"


def safetensors(file, value):
    arrays = load_file(file)
    name = next(name for name in sorted(arrays) if "query" in name)
    arrays[name] = arrays[name].copy()
    arrays[name].flat[3] = value
    save_file(arrays, file, metadata={"format": "pt"})


def h5(file, value):
    with h5py.File(file, "r+") as opened:
        names = []
        opened.visit(names.append)
        name = next(n for n in names if n.endswith("query_dense/vars/0"))
        opened[name][0] = value


def keras(file, value):
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    weights = io.BytesIO(entries["model.weights.h5"])
    h5(weights, value)
    entries["model.weights.h5"] = weights.getvalue()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(
    ("source", "file", "spoil"),
    [
        ("run/model", "model.safetensors", safetensors),
        ("run", "model/model.safetensors", safetensors),
        ("exports/huggingface", "model.safetensors", safetensors),
        ("exports/keras-hub", "model.weights.h5", h5),
        ("exports/model.keras", "", keras),
    ],
)
def test_a_weight_that_is_not_finite_is_refused(source, file, spoil, value, tmp_path):
    path = tmp_path / Path(source).name
    copy = shutil.copytree if (OLD / source).is_dir() else shutil.copyfile
    copy(OLD / source, path)
    find_source(path).read()
    spoil(path / file if file else path, value)
    for head in (True, False):
        with pytest.raises(InputError, match="holds numbers that are NaN or infinite"):
            find_source(path).read(head=head)
