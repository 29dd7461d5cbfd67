"""Google's tokenization rules in a slow and obvious form, to test the fast tokenizer against."""

import unicodedata

CJK = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


def is_space(c):
    return c in " \t\n\r" or unicodedata.category(c) == "Zs"


def is_removed(c):
    return c in "\0\ufffd" or (c not in "\t\n\r" and unicodedata.category(c) in ("Cc", "Cf"))


def is_punctuation(c):
    ascii_symbol = 33 <= ord(c) <= 47 or 58 <= ord(c) <= 64 or 91 <= ord(c) <= 96
    return ascii_symbol or 123 <= ord(c) <= 126 or unicodedata.category(c).startswith("P")


def words_of(text, lower):
    text = "".join(" " if is_space(c) else c for c in text if not is_removed(c))
    text = "".join(f" {c} " if any(a <= ord(c) <= b for a, b in CJK) else c for c in text)
    for word in text.split():
        if lower:
            decomposed = unicodedata.normalize("NFD", word.lower())
            word = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
        current = ""
        for c in word:
            if is_punctuation(c):
                yield from (part for part in (current, c) if part)
                current = ""
            else:
                current += c
        if current:
            yield from current.split()


def pieces_of(word, vocabulary):
    if len(word) > 200:
        return ["[UNK]"]
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                pieces.append(piece)
                start = end
                break
        else:
            return ["[UNK]"]
    return pieces


def tokenize(text, vocabulary, lower):
    return [p for word in words_of(text, lower) for p in pieces_of(word, vocabulary)]
