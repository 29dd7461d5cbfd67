"""Token ids of texts of any length, with any characters."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from tokenizers import Tokenizer as RustTokenizer

from kbert.tokenizer.rare_characters import is_rare
from kbert.tokenizer.rare_texts import RareTexts
from kbert.tokenizer.text_parts import TextParts, batches_of_parts


class TextIds:
    """Tokenizes texts part by part, using all cores.

    Args:
        rust: the tokenizer of most texts.
        rare_texts: RareTexts, the tokenizer of those with rare characters.
        parts: TextParts, which splits long texts.
    """

    def __init__(self, rust: RustTokenizer, rare_texts: RareTexts, parts: TextParts) -> None:
        self.parts = parts
        self._rust = rust
        self._rare_texts = rare_texts

    def of_parts(
        self, texts: Sequence[str], is_wanted: Callable[[int], bool]
    ) -> Iterator[tuple[int, list[int]]]:
        """Yield the number of a text and the ids of its next part, while more of it is wanted.

        Args:
            texts: sequence of str.
            is_wanted: function of the number of a text: whether its next part is wanted.
        """
        long = {n: self.parts.split(t) for n, t in enumerate(texts) if len(t) > self.parts.size}
        following = ((n, next(long[n], "") if n in long else text) for n, text in enumerate(texts))
        while True:
            longer = []
            for batch in batches_of_parts(following):
                ids = self._of_short([part for _, part in batch])
                yield from zip((number for number, _ in batch), ids, strict=True)
                if long:
                    longer += [n for n, _ in batch if n in long and is_wanted(n)]
            if not longer:
                return
            following = ((n, part) for n in longer for part in islice(long[n], 1))

    def _of_short(self, texts: list[str]) -> list[list[int]]:
        """Return the ids of texts that are short."""
        rare = [number for number, text in enumerate(texts) if is_rare(text)]
        common = list(texts)
        for number in rare:
            common[number] = ""
        encodings = self._rust.encode_batch_fast(common, add_special_tokens=False)
        found = [encoding.ids for encoding in encodings]
        if rare:
            ids = self._rare_texts.token_ids([texts[number] for number in rare])
            for number, row in zip(rare, ids, strict=True):
                found[number] = row
        return found
