"""The user's own callbacks: named by whoever starts a run, never by a file."""

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

from kbert.backend.choose_backend import choose_backend, import_keras
from kbert.backend.determinism import use_deterministic_kernels
from kbert.config import TrainConfig
from kbert.errors import InputError
from kbert.findings import Cure, Finding, Joined, Option
from kbert.utils.foreign import reason_of
from kbert.utils.wording import name_list

CallbackLike = Any
"""A Keras callback, a class or function that returns one without arguments, or the name of such a
class or function, as in "package.module:Name"."""
_NEEDED = Cure(
    note="name a subclass of keras.callbacks.Callback, or a function without arguments that "
    "returns one"
)
_EXAMPLE = Option("callbacks", ("package.module:Name",))
_MAX_LISTED = 10
_MAX_NAME = 200  # characters


class GivenCallbacks:
    """The user's own callbacks, created once for each `fit`.

    They are imported and created here, before the run has a directory, so that errors in them are
    reported first.

    Args:
        given: sequence of callbacks, of classes or functions that return one, or of their names.
        config: TrainConfig or None. Determines the backend with which Keras is imported, since a
            callback needs Keras. Not used without callbacks.

    Raises:
        InputError: a name cannot be imported, is not a callback, or cannot be created.
    """

    def __init__(
        self, given: Iterable[CallbackLike] = (), config: TrainConfig | None = None
    ) -> None:
        self._given = [given] if isinstance(given, str) else list(given)
        self._made: list[Any] | None = None
        if self._given:
            backend = choose_backend(None if config is None else config.backend)
            if config is not None and config.deterministic:
                use_deterministic_kernels(backend)
            import_keras()
            self._makers = [_maker(one) for one in self._given]
            self._made = [_make(name, maker) for name, maker in self._makers]

    @classmethod
    def of(
        cls, given: "GivenCallbacks | Iterable[CallbackLike]", config: TrainConfig
    ) -> "GivenCallbacks":
        """Return `given` as GivenCallbacks, which it may be already, as for the folds of a run."""
        return given if isinstance(given, GivenCallbacks) else cls(given, config)

    def __bool__(self) -> bool:
        return bool(self._given)

    @property
    def names(self) -> list[str]:
        """Their names, for people to read: they are not used to import anything."""
        return [_name(one) for one in self._given]

    def take(self) -> list[Any]:
        """Return the callbacks for a `fit`: those created first, and new ones for later calls."""
        if not self._given:
            return []
        made, self._made = self._made, None
        return [_make(name, maker) for name, maker in self._makers] if made is None else made


def missing_callbacks(recorded: Any, given: GivenCallbacks) -> list[Finding]:
    """Return the finding that a run resumes without callbacks that it was started with.

    Args:
        recorded: the callbacks in run.json, which anybody may have written.
        given: GivenCallbacks, those of the resumed run.
    """
    names = [str(name)[:_MAX_NAME] for name in recorded] if isinstance(recorded, list) else []
    missing = [name for name in dict.fromkeys(names) if name not in given.names]
    if not missing:
        return []
    return [
        Finding(
            "callback-missing",
            "warning",
            "The run was started with callbacks that are not given now, and continues without "
            "them: {missing}.",
            # Not a command to paste: the names were chosen by whoever created the run.
            Cure(
                note="name them with {option} again, if you trust them",
                values={"option": Option("callbacks")},
            ),
            {"missing": Joined(map(repr, missing))},
        )
    ]


@contextmanager
def naming_callbacks(callbacks: Sequence[Any], left: Callable[[], str]) -> Iterator[None]:
    """Turn an exception of one of these callbacks in the block into an InputError that names it.

    Args:
        callbacks: sequence of callbacks.
        left: function that returns what the run is still good for.
    """
    try:
        yield
    except Exception as error:
        culprit = _that_raised(error, callbacks)
        if culprit is None:
            raise
        raise InputError(
            "The callback {name} raised {kind}: {reason}. {left}",
            name=_name(culprit),
            kind=type(error).__name__,
            reason=reason_of(error),
            left=left(),
        ) from error


def _that_raised(error: BaseException, callbacks: Sequence[Any]) -> Any:
    """Return the callback that an exception of `fit` comes from, or None if from none.

    The traceback contains a method of the callback, or a function that it was given, as with
    `LambdaCallback`. Keras has removed its own frames.
    """
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        for callback in callbacks:
            codes = [getattr(value, "__code__", None) for value in vars(callback).values()]
            if frame.f_locals.get("self") is callback or frame.f_code in codes:
                return callback
        trace = trace.tb_next
    return None


def _name(given: CallbackLike) -> str:
    """Return the name of what was given, as it would be written on a command line."""
    if isinstance(given, str):
        return given
    named = given if hasattr(given, "__qualname__") else type(given)
    return f"{named.__module__}:{named.__qualname__}"


def _maker(given: CallbackLike) -> tuple[str, Callable[[], Any]]:
    """Return the name of what was given, and a function that creates the callback."""
    import keras

    if isinstance(given, keras.callbacks.Callback):
        return _name(given), lambda: given
    found = _imported(given) if isinstance(given, str) else given
    name = _name(given)
    if not callable(found):
        raise InputError(
            "{option} is not a callback class, nor a function that returns a callback. "
            "Received: {kind}",
            option=Option("callbacks", (name,)),
            kind=type(found).__name__,
            cure=_NEEDED,
        )
    return name, found


def _imported(name: str) -> Any:
    """Import and return what a name refers to; it is called only with names that a user typed."""
    module, colon, path = name.partition(":")
    if not (colon and all(map(str.isidentifier, [*module.split("."), *path.split(".")]))):
        raise InputError(
            "A callback is named as in {example}. Received: {name!r:.200}",
            example=_EXAMPLE,
            name=name,
        )
    option = Option("callbacks", (name,))
    try:
        found: Any = importlib.import_module(module)
    except (Exception, SystemExit) as error:
        is_absent = isinstance(error, ModuleNotFoundError) and error.name is not None
        if is_absent and f"{module}.".startswith(f"{getattr(error, 'name', '')}."):
            raise InputError(
                "{option}: there is no module {module}.",
                option=option,
                module=getattr(error, "name", module),
                cure=Cure(note="run it in the folder of the module, or put that into PYTHONPATH"),
            ) from error
        raise InputError(
            "{option}: the module {module} cannot be imported: {kind}: {reason}.",
            option=option,
            module=module,
            kind=type(error).__name__,
            reason=reason_of(error),
        ) from error
    for part in path.split("."):
        if not hasattr(found, part):
            raise InputError(
                "{option}: {module} has no {path}.",
                option=option,
                module=module,
                path=path,
                cure=_cure_of_absent(found, part, module),
            )
        found = getattr(found, part)
    return found


def _cure_of_absent(holder: Any, part: str, module: str) -> Cure:
    """Return the cure for a name that a module or class lacks: a similar one, or those it has.

    Of a module only its callbacks are named.
    """
    import keras

    names = [name for name in dir(holder) if not name.startswith("_")]
    near = get_close_matches(part, names, n=1)
    if not near and (same := [name for name in names if name.lower() == part.lower()]):
        near = same[:1]
    whole = holder.__qualname__ + "." if isinstance(holder, type) else ""
    if near:
        return Cure({"callbacks": (f"{module}:{whole}{near[0]}",)})
    values = {name: getattr(holder, name) for name in names}
    own = [
        f"{whole}{name}"
        for name, value in values.items()
        if isinstance(value, type) and issubclass(value, keras.callbacks.Callback)
    ]
    if own:
        return Cure(note="it has {names}", values={"names": name_list(own, _MAX_LISTED)})
    return _NEEDED


def _make(name: str, maker: Callable[[], Any]) -> Any:
    import keras

    option = Option("callbacks", (name,))
    try:
        made = maker()
    except Exception as error:
        raise InputError(
            "{option} cannot be created: it raised {kind}: {reason}.",
            option=option,
            kind=type(error).__name__,
            reason=reason_of(error),
            cure=Cure(note="name a class or function that takes no arguments"),
        ) from error
    if not isinstance(made, keras.callbacks.Callback):
        raise InputError(
            "{option} is not a callback: it created an object of the class {kind}, not a "
            "keras.callbacks.Callback.",
            option=option,
            kind=type(made).__name__,
            cure=_NEEDED,
        )
    return made
