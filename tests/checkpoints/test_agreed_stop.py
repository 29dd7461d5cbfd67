"""Several processes stop after the same batch, whichever batch each has started."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kbert.checkpoints.agreed_stop import AgreedStop


class Store:
    """An in-memory stand-in for JAX's coordination service."""

    def __init__(self):
        self.values = {}

    def tell(self, key, value):
        assert key not in self.values, "each is told once"
        self.values[key] = value

    def told(self, key):
        start = f"{key}/"
        found = {name: value for name, value in self.values.items() if name.startswith(start)}
        return {name.removeprefix(start): value for name, value in found.items()}

    def wait_for(self, key):
        return self.values[key]  # the service would wait for a missing key


def test_two_processes_stop_after_the_next_batch():
    """Asked while process 0 is in batch 5 and process 1 in batch 6, both stop after batch 7."""
    store = Store()
    first, second = (AgreedStop(store, process, 2) for process in (0, 1))
    first.begin(5)
    second.begin(5)
    second.begin(6)
    second.ask("Terminated")
    assert first.reason_to_stop(5) is None
    assert second.look()
    assert first.look()
    assert store.told("stop-at") == {"0": "5", "1": "6"}
    first.begin(6)  # no longer counts
    assert first.reason_to_stop(6) is None
    assert first.reason_to_stop(7) == "Terminated"
    assert second.reason_to_stop(7) == "Terminated"


def test_nothing_is_stored_until_a_stop_is_asked_for():
    store = Store()
    stop = AgreedStop(store, 0, 2)
    stop.begin(1)
    assert not stop.look()
    assert stop.reason_to_stop(1) is None
    assert store.values == {}


@given(
    begun=st.lists(st.integers(1, 2), min_size=2, max_size=5),
    asked=st.sets(st.integers(0, 4), min_size=1),
    data=st.data(),
)
@settings(max_examples=60)
def test_all_stop_after_the_same_batch(begun, asked, data):
    """Processes in lockstep are at most one batch apart; their threads look in any order."""
    count, store = len(begun), Store()
    every = [AgreedStop(store, process, count) for process in range(count)]
    for process, stop in enumerate(every):
        stop.begin(1)
        if process in {number % count for number in asked}:
            stop.ask("KeyboardInterrupt")
    at = [1] * count
    order = data.draw(st.permutations(list(range(count)) * 2))
    for process in order:  # each thread looks twice, and some processes start batch 2 in between
        if begun[process] == 2 and at[process] == 1:
            every[process].begin(2)
            at[process] = 2
        if not store.told("stop-at").get(str(process)):
            every[process].look()
    for process, stop in enumerate(every):
        if not store.told("stop-at").get(str(process)):
            assert stop.look()
    last = max(map(int, store.told("stop-at").values())) + 1
    for stop in every:
        reasons = [stop.reason_to_stop(batch) for batch in range(1, last + 1)]
        assert reasons == [None] * (last - 1) + ["KeyboardInterrupt"]
