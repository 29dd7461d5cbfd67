"""A training run whose output cannot be read or written ends like any other."""

import io
import os
import sys

import pytest

from kbert import TrainConfig, train

# Streams do not depend on the backend.
pytestmark = [pytest.mark.keras, pytest.mark.any_backend]


@pytest.fixture
def config(sentences, tiny_preset, tmp_path):
    """A small run with Chinese labels."""
    texts, labels = sentences
    names = {"good": "正面", "bad": "负面"}
    rows = [f'"{text}",{names[label]}\n' for text, label in zip(texts, labels, strict=True)]
    data = tmp_path / "data.csv"
    data.write_text("text,label\n" + "".join(rows), encoding="utf-8")
    return TrainConfig(
        data=str(data),
        output=str(tmp_path / "run"),
        preset=str(tiny_preset),
        weights="random",
        max_length=16,
        epochs=1,
        batch_size=8,
    )


def test_a_closed_reader_is_recorded_in_the_run(config, monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        run = train(config)
        with open(os.devnull, "wb") as nothing:  # for what the buffer still holds
            os.dup2(nothing.fileno(), stream.fileno())
    assert run.record["status"] == "finished"
    assert run.record["output_lost"] == {"stdout": "Broken pipe"}


def test_characters_that_the_stream_cannot_encode_are_escaped(config, monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    run = train(config)
    assert (run.record["status"], "output_lost" in run.record) == ("finished", False)
    assert rb"\u6b63\u9762" in raw.getvalue()
    assert b"epoch 1: dev accuracy" in raw.getvalue()
