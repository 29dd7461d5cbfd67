"""Python code that makes the windows of texts, and pools what a program computes for them."""

from kbert.serving.export_settings import ExportSettings
from kbert.targets.known_targets import target_of
from kbert.tokenizer.windows import Windows

_ACTIVATED = {
    "softmax": """shares = np.exp(pooled - pooled.max(axis=1, keepdims=True))
probabilities = shares / shares.sum(axis=1, keepdims=True)""",
    "sigmoid": "probabilities = 1 / (1 + np.exp(-pooled))",
    "linear": "numbers = pooled",
}


def windows_encoding(settings: ExportSettings, windows: Windows, texts: str, width: str) -> str:
    """Return the lines that make `windows`, those of each text, and `encoded`, those of all texts.

    For a text that is too long, the package tokenizers returns the same windows as kbert. It cannot
    window the longer text of a pair, so the lines make one window for a pair.

    Args:
        settings: ExportSettings.
        windows: Windows.
        texts: str. The list of texts, or of pairs, as code.
        width: str. The argument of `enable_padding`, as code.
    """
    opening, how, found = "", "", "[e]"
    if settings.text_pairs:
        opening = "# A longer pair is cut here: its windows are yours to make.\n"
    else:
        how = f", stride={windows.overlap(settings.max_length - 2)}"
        found = f"[e, *e.overflowing][:{windows.max_windows}]"
    return f"""{opening}tokenizer.enable_truncation({settings.max_length}{how})
tokenizer.enable_padding({width})
windows = [{found} for e in tokenizer.encode_batch({texts})]
encoded = [e for text in windows for e in text]"""


def pooling(settings: ExportSettings, windows: Windows) -> str:
    """Return the lines that compute the predictions for texts from the `logits` of windows."""
    target = target_of(settings.target)
    return f"""
ends = np.cumsum([len(text) for text in windows])
pooled = np.array([rows.{windows.pool}(axis=0) for rows in np.split(np.asarray(logits), ends[:-1])])
{_ACTIVATED[target.activation]}"""
