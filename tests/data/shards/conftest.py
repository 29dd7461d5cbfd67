import pytest

from kbert.tokenizer.tokenizer import Tokenizer

WORDS = ["a", "film", "about", "nothing", "at", "all", "good", "bad"]
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS]


@pytest.fixture(scope="session")
def tokenizer():
    return Tokenizer(PIECES)


@pytest.fixture(scope="session")
def rows():
    """The texts and labels of 100 rows, no two neighbours alike."""
    texts = [" ".join(WORDS[row % 7 :]) + " a" * (row % 5) for row in range(100)]
    return texts, [("no", "yes", "perhaps")[row * row % 3] for row in range(100)]


@pytest.fixture
def chunks(rows):
    """A function that yields the rows in chunks of a given size."""

    def read(size=13, until=100):
        texts, labels = rows
        for start in range(0, until, size):
            end = min(start + size, until)
            yield texts[start:end], labels[start:end]

    return read
