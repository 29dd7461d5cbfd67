"""Notes on an exception that stops a verb: which files it leaves."""


def leave_note(stop: BaseException, text: object) -> None:
    """Add a note of what is left to an exception, unless code closer to its cause has added one."""
    if not getattr(stop, "__notes__", None):
        stop.add_note(str(text))
