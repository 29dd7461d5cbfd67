"""What it means if the vocabulary does not know the words of texts."""

from dataclasses import replace

from kbert.data.inspection.text_lengths import TextLengths
from kbert.data.inspection.unknown_words import UnknownWords, find_unknown_words
from kbert.data.reading.examples import Examples
from kbert.findings import Call, Cure, Finding, Message
from kbert.tokenizer.tokenizer import Tokenizer

MAX_UNKNOWN = 0.5  # of the tokens; beyond it there is next to nothing to learn from
_MIN_UNKNOWN = 0.02
_IN_USE = 500  # texts examined before a model labels them

# The writing systems of bert_base_multi, besides the Latin one.
_OF_MULTI = (
    *("ARABIC", "ARMENIAN", "BENGALI", "CJK", "CYRILLIC", "DEVANAGARI", "GEORGIAN", "GREEK"),
    *("GUJARATI", "GURMUKHI", "HANGUL", "HEBREW", "HIRAGANA", "KANNADA", "KATAKANA", "LATIN"),
    *("MALAYALAM", "MYANMAR", "TAMIL", "TELUGU", "THAI"),
)
_WHY = "{unknown:.1%} of the tokens are [UNK]: "
_TEMPLATES = {
    "length": _WHY + "words of more than {most} characters, such as {word!r}, are not looked up; "
    "they look like encoded data.",
    "symbols": _WHY + "the vocabulary does not know symbols such as {word!r}.",
    "script": _WHY + "the vocabulary does not know the {script} letters of these texts.",
    "pieces": _WHY + "the vocabulary has nothing to build words such as {word!r} from.",
}


def unknown_findings(lengths: TextLengths, tokenizer: Tokenizer) -> list[Finding]:
    """Return the finding that too many tokens are [UNK], if they are."""
    if lengths.unknown <= _MIN_UNKNOWN:
        return []
    severe = lengths.unknown > MAX_UNKNOWN
    if lengths.unknown_otherwise < 0.5 * lengths.unknown:
        return [_casing(lengths, tokenizer, severe)]
    if lengths.unknown_words is None:
        return []
    return [
        unknown_tokens(
            lengths.unknown,
            lengths.unknown_words,
            tokenizer,
            _cure(lengths.unknown_words),
            severe=severe,
        )
    ]


def unknown_in_use(examples: Examples, tokenizer: Tokenizer) -> Finding | None:
    """Return the warning that a trained model knows less than half of the tokens it is given."""
    texts = [*examples.texts[:_IN_USE], *(examples.pairs or ())[:_IN_USE]]
    counts = tokenizer.count(texts)
    tokens, unknown = sum(n for n, _ in counts), sum(u for _, u in counts)
    words = find_unknown_words(texts, tokenizer) if unknown > MAX_UNKNOWN * tokens else None
    if words is None:
        return None
    cure = _cure(words)
    if "preset" in cure.settings:
        # Also true of a model that was trained on such texts, with the finding allowed.
        note = "a model labels only what its vocabulary can tell apart; train one that knows these "
        again = Cure(call=Call("train", "DATA", preset=cure.settings["preset"]), note=cure.note)
        again = replace(again, values=cure.values, otherwise=cure.otherwise)
        cure = Cure(note=note + "texts: {again}", values={"again": again})
    return unknown_tokens(unknown / tokens, words, tokenizer, cure, severe=False)


def unknown_tokens(
    share: float, words: UnknownWords, tokenizer: Tokenizer, cure: Cure, *, severe: bool
) -> Finding:
    """Return the finding that a share of the tokens is [UNK]."""
    return Finding(
        "unknown-tokens",
        "error" if severe else "warning",
        _TEMPLATES[words.cause],
        cure,
        {
            "unknown": share,
            "most": tokenizer.max_word_length,
            "word": words.example,
            "script": words.script or Message("other"),
        },
    )


def _casing(lengths: TextLengths, tokenizer: Tokenizer, severe: bool) -> Finding:
    made = Cure(code=f"Tokenizer(..., lowercase={not tokenizer.lowercase})")
    return Finding(
        "unknown-tokens" if severe else "wrong-casing",
        "error" if severe else "warning",
        "{unknown:.1%} of the tokens are [UNK]; with the other casing {otherwise:.1%} would be: "
        "the tokenizer lower-cases, but its vocabulary does not."
        if tokenizer.lowercase
        else "{unknown:.1%} of the tokens are [UNK]; with the other casing {otherwise:.1%} would "
        "be: the tokenizer keeps capital letters, but its vocabulary does not.",
        tokenizer.casing_cure or made,
        {"unknown": lengths.unknown, "otherwise": lengths.unknown_otherwise},
    )


def _cure(words: UnknownWords) -> Cure:
    """Return the cure that fits the texts, and the vocabulary that does not know them."""
    other = Cure({"text": "NAME"}, note="if another column holds the texts")
    if words.cause == "length":
        return Cure(note="separate the words by blanks", otherwise=(other,))
    if words.cause == "symbols":
        return Cure(note="write them as words, such as :smile:", otherwise=(other,))
    if words.script is None:  # numbers
        return Cure(note="check that the vocabulary belongs to the model")
    if words.script == "CJK":
        return _preset("bert_base_zh", words.script)
    if words.script == "LATIN" and words.is_ascii:
        return Cure({"preset": "minilm"}, note="or another model for English")
    if words.script in _OF_MULTI:
        return _preset("bert_base_multi", words.script)
    return _folder(words.script)


def _preset(name: str, script: str) -> Cure:
    """Return the cure: a preset from a hub, or a folder on a machine without access to one."""
    note = "which is downloaded if this machine does not have it"
    return Cure({"preset": name}, note=note, otherwise=(_folder(script),))


def _folder(script: str) -> Cure:
    note = "of a BERT whose vocabulary has {script} letters"
    return Cure({"preset": "FOLDER"}, note=note, values={"script": script})
