import pytest

from kbert import Tokenizer


@pytest.fixture(scope="session")
def tokenizer(minilm_vocab):
    """The tokenizer of a real vocabulary."""
    return Tokenizer.from_file(minilm_vocab)
