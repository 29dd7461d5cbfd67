"""The program `kbert`, and `python -m kbert`."""

import os
import signal
from types import FrameType


def main() -> None:
    """Run the command line; Ctrl-C ends it with status 130 while its modules are imported too."""
    # A signal that is ignored stays ignored, as Ctrl-C in a shell's background.
    hears_ctrl_c = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if hears_ctrl_c:
        signal.signal(signal.SIGINT, _leave)
    from kbert.cli.main import main as run  # which sets a handler of its own

    try:
        run()
    except KeyboardInterrupt:  # one more, while the first was answered, or the streams flushed
        os._exit(130)
    finally:
        if hears_ctrl_c:  # all is said and flushed; what Python still does is not to be shown
            signal.signal(signal.SIGINT, signal.SIG_DFL)


def _leave(number: int, frame: FrameType | None) -> None:
    # Nothing has been begun. An exception could be caught, or shown, by whatever is imported.
    os._exit(130)


if __name__ == "__main__":
    main()
