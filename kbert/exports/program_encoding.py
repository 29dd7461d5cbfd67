"""Python code that makes token ids with the package tokenizers, as a model reads texts."""

from kbert.exports.program_windows import windows_encoding
from kbert.exports.truncation import truncation_note
from kbert.serving.export_settings import ExportSettings
from kbert.tokenizer.truncation import head_tokens

_HEAD_AND_TAIL = """

def encode(text):
    head, tail = (tokenizer.encode(text, add_special_tokens=False) for _ in range(2))
    if len(head) > {room}:
        head.truncate({head})
        tail.truncate({tail}, direction="left")
        head = Encoding.merge([head, tail])
    return tokenizer.post_process(head)


encoded = [encode(text) for text in {texts}]
for e in encoded:
    e.pad({width})"""


def program_encoding(settings: ExportSettings) -> str:
    """Return the lines that make `encoded` with the package tokenizers."""
    long_text, cut_pair = settings.long_text, settings.cut_pair
    texts = '[("first text", "second text")]' if settings.text_pairs else '["A moving story."]'
    opening = 'tokenizer = Tokenizer.from_file("tokenizer.json")\n'
    if settings.tokenizer.get("split_special_tokens"):
        opening += "tokenizer.encode_special_tokens = True\n"
    if long_text == "head+tail" and not settings.text_pairs:
        room = settings.max_length - 2
        head = head_tokens(room, long_text)
        width = settings.length or "max(map(len, encoded))"
        lines = _HEAD_AND_TAIL.format(
            room=room, head=head, tail=room - head, texts=texts, width=width
        )
        return f"from tokenizers import Encoding, Tokenizer\n\n{opening}{lines}"
    width = f"length={settings.length}" if settings.length else ""
    if settings.windows is not None:
        lines = windows_encoding(settings, settings.windows, texts, width)
        return f"from tokenizers import Tokenizer\n\n{opening}{lines}"
    how = 'direction="left"' if long_text == "tail" else ""
    if settings.text_pairs and cut_pair != "longest":
        how = ", ".join(filter(None, [how, f'strategy="only_{cut_pair}"']))
    cutting = f"tokenizer.enable_truncation({settings.max_length}{how and ', '}{how})"
    if long_text == "head+tail":
        cutting = f"# {truncation_note(long_text, cut_pair, settings.max_length)}"
    return (
        f"from tokenizers import Tokenizer\n\n{opening}{cutting}\n"
        f"tokenizer.enable_padding({width})\nencoded = tokenizer.encode_batch({texts})"
    )
