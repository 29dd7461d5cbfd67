"""A small file of real sentences, which each test makes worse."""

import csv

import numpy as np
import pytest

from kbert import Tokenizer
from kbert.data.reading.read_examples import read_examples


@pytest.fixture
def rows(sentences):
    """200 rows of two classes in a random order, no text twice."""
    texts, _ = sentences
    labels = np.random.default_rng(0).permutation(["bad", "good"] * 100)
    return [[f"{texts[i % len(texts)]} ({i})", str(label)] for i, label in enumerate(labels)]


@pytest.fixture
def read(tmp_path):
    def write_and_read(rows, name="reviews.csv", target=None):
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["text", "label"], *rows])
        return read_examples(path, target=target, on_bad_row="skip")

    return write_and_read


@pytest.fixture(scope="module")
def minilm(minilm_vocab):
    return Tokenizer.from_file(minilm_vocab)
