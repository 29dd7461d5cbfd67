"""What the texts of a data set mean for training."""

from dataclasses import replace

from kbert.data.inspection.inspection import Inspection
from kbert.data.inspection.text_lengths import LENGTHS, TextLengths
from kbert.data.inspection.unknown_findings import unknown_findings
from kbert.data.reading.examples import Examples
from kbert.findings import Cure, Finding, Message
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.tokenizer.window_split import WindowSplit
from kbert.tokenizer.windows import Windows
from kbert.utils.wording import count_noun

_MAX_CUT = 0.05  # of the texts
_LOST = {
    "head": Message("ends"),
    "tail": Message("beginnings"),
    "head+tail": Message("middles"),
}


def text_findings(facts: Inspection, examples: Examples) -> list[Finding]:
    """Return the findings about texts that occur more than once."""
    findings = []
    same = facts.duplicates
    if same.repeated:
        findings.append(
            Finding(
                "duplicates",
                "warning" if same.repeated > 0.01 * facts.rows else "info",
                "{rows} ({share:.1%}) with the text of an earlier row: they count twice in "
                "training. kbert sets equal texts aside together; a random split does not.",
                Cure(note="take them out, unless they are as frequent where the model is used"),
                {"rows": count_noun(same.repeated, "row"), "share": same.repeated / facts.rows},
            )
        )
    if same.conflict is not None:
        first, second = same.conflict
        places = Message("rows {first:,} and {second:,}", first=first, second=second)
        if examples.files:
            places = Message(
                "{one} and {other}", one=examples.place(first), other=examples.place(second)
            )
        findings.append(
            Finding(
                "conflicting-labels",
                "warning",
                "{conflicting:,} rows have a text that also occurs with another {what}, such as "
                "{places}; no model can get them all right.",
                Cure(note="choose one {what} for each text", values={"what": examples.target.what}),
                {
                    "conflicting": same.conflicting,
                    "places": places,
                    "what": examples.target.what,
                },
            )
        )
    return findings


def token_findings(facts: Inspection, tokenizer: Tokenizer, max_length: int) -> list[Finding]:
    """Return the findings about the lengths of texts, and about words that become [UNK]."""
    lengths = facts.lengths
    if lengths is None:
        return []
    findings = []
    split = tokenizer.window_split(max_length, is_pair=lengths.are_pairs)
    if split is None and lengths.share_cut(max_length) > _MAX_CUT:
        findings.append(_cut(lengths, tokenizer, max_length))
    elif split is not None and lengths.share_beyond(split) > _MAX_CUT:
        findings.append(_beyond_windows(lengths, split))
    findings += unknown_findings(lengths, tokenizer)
    return findings


def _cut(lengths: TextLengths, tokenizer: Tokenizer, max_length: int) -> Finding:
    longer = [length for length in LENGTHS if length > max_length]
    enough = (length for length in longer if lengths.share_cut(length) <= _MAX_CUT)
    proposed = next(enough, max(longer, default=None))
    cures = []
    if proposed is not None:
        times = lengths.tokens(proposed) / lengths.tokens(max_length)
        note = "which takes about {times:.1f} times as long"
        cures.append(Cure({"max_length": proposed}, note=note, values={"times": times}))
    if tokenizer.long_text == "head":
        note = "which reads beginnings and ends in the same time"
        cures.append(Cure({"long_text": "head+tail"}, note=note))
    in_windows = _windows_cure(lengths, tokenizer, max_length)
    if in_windows is not None:
        cures.append(in_windows)
    first, *others = cures or [Cure(note="cut the texts where it matters least")]
    return Finding(
        "texts-cut",
        "warning",
        "{cut:.0%} of the texts have more than {max_length} tokens, and their {lost} are not read "
        "(the longest has {longest:,}).",
        replace(first, otherwise=tuple(others)),
        {
            "lost": _LOST[tokenizer.long_text],
            "cut": lengths.share_cut(max_length),
            "max_length": max_length,
            "longest": lengths.quantiles[-1],
        },
    )


def _windows_cure(lengths: TextLengths, tokenizer: Tokenizer, max_length: int) -> Cure | None:
    """Return the cure to read texts in windows, and how much longer that takes, if it helps."""
    split = WindowSplit(Windows(), max_length, tokenizer.cut_pair, is_pair=lengths.are_pairs)
    more = _enough_windows(lengths, split)
    if lengths.share_beyond(more) > _MAX_CUT:
        return None  # both texts of a pair are too long
    settings: dict[str, str | int] = {"long_text": "windows"}
    if more.windows != split.windows:
        settings["max_windows"] = more.windows.max_windows
    times = lengths.tokens_of_windows(more) / lengths.tokens(max_length)
    note = "which reads whole texts and takes about {times:.1f} times as long"
    return Cure(settings, note=note, values={"times": times})


def _enough_windows(lengths: TextLengths, split: WindowSplit) -> WindowSplit:
    """Return the split, with more windows if most texts need them."""
    most = max(split.windows.max_windows, lengths.windows_for(split, _MAX_CUT))
    return replace(split, windows=replace(split.windows, max_windows=most))


def _beyond_windows(lengths: TextLengths, split: WindowSplit) -> Finding:
    """Return the finding that texts have more tokens than their windows hold."""
    more = _enough_windows(lengths, split)
    settings = {"max_windows": more.windows.max_windows}
    if lengths.share_beyond(more) > _MAX_CUT:  # both texts of a pair are too long
        longer = [length for length in LENGTHS if length > split.max_length]
        wider = [replace(more, max_length=length) for length in longer]
        enough = (w for w in wider if lengths.share_beyond(w) <= _MAX_CUT)
        more = next(enough, wider[-1] if wider else more)
        settings = {"max_length": more.max_length}
    times = lengths.tokens_of_windows(more) / lengths.tokens_of_windows(split)
    cure = Cure(
        settings, note="which takes about {times:.1f} times as long", values={"times": times}
    )
    if more.max_length == split.max_length and "max_length" in settings:
        cure = Cure(note="cut the texts where it matters least")
    return Finding(
        "texts-cut",
        "warning",
        "{cut:.0%} of the texts have more tokens than {windows} of {max_length} hold, and the "
        "rest is not read (the longest has {longest:,}).",
        cure,
        {
            "cut": lengths.share_beyond(split),
            "windows": count_noun(split.windows.max_windows, "window"),
            "max_length": split.max_length,
            "longest": lengths.quantiles[-1],
        },
    )
