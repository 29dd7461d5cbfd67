"""A text in colours: which words speak for a prediction, and which against it."""

from collections.abc import Iterator, Sequence
from html import escape

from kbert.analysis.word_effect import WordEffect
from kbert.findings import worded
from kbert.reports.document import document

_SHADES = 5
# Words against a prediction are also underlined in dashes, for those who see no colours.
_STYLE = """
.explained{font:16px/2 system-ui,"Noto Sans","Noto Sans CJK SC",sans-serif;max-width:60rem}
.explained p{white-space:pre-wrap;overflow-wrap:anywhere;margin:.6rem 0}
.explained span{border-radius:3px;padding:.1em 0}
.explained .for{border-bottom:2px solid #0b62a4}
.explained .against{border-bottom:2px dashed #d1570a}
.explained .for1{background:#0b62a41a}.explained .for2{background:#0b62a433}
.explained .for3{background:#0b62a44d}.explained .for4{background:#0b62a466}
.explained .for5{background:#0b62a480}.explained .against1{background:#d1570a1a}
.explained .against2{background:#d1570a33}.explained .against3{background:#d1570a4d}
.explained .against4{background:#d1570a66}.explained .against5{background:#d1570a80}
"""
_SHOWN = 50


def explained_texts(summary: str, texts: Sequence[str], words: Sequence[WordEffect]) -> str:
    """Return an element with texts in colours, which brings its style along.

    Args:
        summary: str. What is explained.
        texts: sequence of str. The text, or both.
        words: sequence of WordEffect.
    """
    return f'<div class="explained"><style>{_STYLE}</style>{_body(summary, texts, words)}</div>'


def explanation_page(
    summary: str, texts: Sequence[str], words: Sequence[WordEffect], notes: Sequence[str]
) -> str:
    """Return a page of its own, which loads nothing and runs nothing; see `explained_texts`.

    Args:
        summary: str.
        texts: sequence of str.
        words: sequence of WordEffect.
        notes: sequence of str. What a reader has to know about it.
    """
    table = "".join(
        f'<tr><td class="number">{word.effect:+.4f}</td><td>{escape(word.word)}</td></tr>'
        for word in sorted(words, key=lambda word: -abs(word.effect or 0.0))[:_SHOWN]
        if word.effect is not None
    )
    said = "".join(f"<p>{escape(note)}</p>" for note in notes)
    heads = f'<th class="number">{worded("effect")}</th><th>{worded("word")}</th>'
    body = (
        f'<main><div class="explained">{_body(summary, texts, words)}{said}</div>\n'
        f'<div class="wide"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{table}</tbody></table></div></main>"
    )
    return document(summary, body, style=_STYLE)


def _body(summary: str, texts: Sequence[str], words: Sequence[WordEffect]) -> str:
    greatest = max((abs(word.effect or 0.0) for word in words), default=0.0) or 1.0
    kinds = {
        "for": worded("underlined: lower without the word"),
        "against": worded("dashed: higher without the word"),
    }
    told = "<br>".join(
        f'<span class="{kind}">{escape(text)}</span>' for kind, text in kinds.items()
    )
    parts = [f"<p><b>{escape(summary)}</b><br>{told}</p>"]
    for number, text in enumerate(texts):
        own = [word for word in words if word.is_of_pair == (number == 1)]
        parts.append(f"<p>{''.join(_coloured(text, own, greatest))}</p>")
    return "".join(parts)


def _coloured(text: str, words: Sequence[WordEffect], greatest: float) -> Iterator[str]:
    """Yield the parts of a text, the words that matter in colours."""
    at = 0
    for word in words:
        yield escape(text[at : word.start])
        shade = round(abs(word.effect or 0.0) / greatest * _SHADES)
        kind = "for" if (word.effect or 0.0) > 0 else "against"
        inside = escape(text[word.start : word.end])
        if shade:
            inside = (
                f'<span class="{kind} {kind}{shade}" title="{word.effect:+.4f}">{inside}</span>'
            )
        yield inside
        at = word.end
    yield escape(text[at:])
