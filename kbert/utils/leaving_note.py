"""What an exception that stops a verb tells of the files that it leaves."""


def leave_note(stop: BaseException, text: object) -> None:
    """Note on an exception what is left, unless who was nearer to it has noted that."""
    if not getattr(stop, "__notes__", None):
        stop.add_note(str(text))
