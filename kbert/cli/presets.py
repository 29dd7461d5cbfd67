"""`kbert presets`."""

from kbert.cli.app import verb
from kbert.cli.options import Switch


@verb("presets")
def presets(*, json: Switch = False) -> None:
    """List encoders by language and task, the files to fetch, and what is on this machine.

    Nothing is downloaded.

    Parameters
    ----------
    json
        Print JSON.
    """
    from kbert.cli.show_presets import show_presets

    show_presets(as_json=json)
