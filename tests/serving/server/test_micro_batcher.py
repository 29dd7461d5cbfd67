"""Which requests are computed together, and which are not computed."""

import asyncio
import threading

import pytest

from kbert.serving.server.micro_batcher import ComputeFailed, MicroBatcher, QueueFull


class Model:
    """Upper-cases texts; `calls` are the batches. A batch that has begun waits for `go`."""

    def __init__(self):
        self.calls = []
        self.begun, self.go = threading.Event(), threading.Event()
        self.go.set()

    def compute(self, texts, pairs):
        self.calls.append((list(texts), pairs))
        self.begun.set()
        assert self.go.wait(10)
        if "bad" in texts:
            raise ValueError("a bad text")
        return [text.upper() for text in texts]


def run(use, **settings):
    """Run `use(batcher, model)` inside an event loop; return the model's calls."""
    model = Model()

    async def main():
        batcher = MicroBatcher(**{"batch_size": 4, "max_wait": 0.02, "max_queue": 8, **settings})
        task = asyncio.create_task(batcher.run())
        try:
            await use(batcher, model)
        finally:
            model.go.set()
            task.cancel()

    asyncio.run(main())
    return model.calls


def test_requests_that_arrive_together_are_one_batch():
    async def use(batcher, model):
        answers = await asyncio.gather(
            batcher.submit(model, ["a"]), batcher.submit(model, ["b", "c"])
        )
        assert answers == [["A"], ["B", "C"]]

    assert run(use) == [(["a", "b", "c"], None)]


def test_a_full_batch_does_not_wait():
    async def use(batcher, model):
        async with asyncio.timeout(5):
            await asyncio.gather(*[batcher.submit(model, [text]) for text in "abcd"])

    calls = run(use, max_wait=60)
    assert calls == [(["a", "b", "c", "d"], None)]


async def being_computed(batcher, model, texts):
    """Submit texts, and return their task once the model is computing them; `go` releases it."""
    model.go.clear()
    task = asyncio.create_task(batcher.submit(model, texts))
    await asyncio.to_thread(model.begun.wait, 10)
    return task


def test_after_a_lone_request_the_next_does_not_wait():
    async def use(batcher, model):
        first = await being_computed(batcher, model, list("abcd"))
        model.go.set()
        await first
        async with asyncio.timeout(5):
            assert await batcher.submit(model, ["e"]) == ["E"]

    assert len(run(use, max_wait=60)) == 2


def test_batches_run_in_parallel():
    async def use(batcher, model):
        first = await being_computed(batcher, model, list("abcd"))
        model.begun.clear()
        second = asyncio.create_task(batcher.submit(model, list("efgh")))
        assert await asyncio.to_thread(model.begun.wait, 10)  # the first is not done yet
        model.go.set()
        assert [await first, await second] == [list("ABCD"), list("EFGH")]

    assert len(run(use, at_once=2)) == 2


def test_a_request_is_never_split():
    async def use(batcher, model):
        await asyncio.gather(
            *[batcher.submit(model, list(texts)) for texts in ("ab", "cde", "fghijk", "l")]
        )

    calls = [texts for texts, _ in run(use, max_queue=100)]
    assert calls == [list("ab"), list("cde"), list("fghijk"), list("l")]


def test_pairs_and_other_models_are_separate_batches():
    other = Model()

    async def use(batcher, model):
        await asyncio.gather(
            batcher.submit(model, ["a"]),
            batcher.submit(model, ["b"], ["x"]),
            batcher.submit(model, ["c"], ["y"]),
            batcher.submit(other, ["d"], ["z"]),
        )

    assert run(use) == [(["a"], None), (["b", "c"], ["x", "y"])]
    assert other.calls == [(["d"], ["z"])]


def test_a_cancelled_request_is_not_computed_and_makes_room():
    async def use(batcher, model):
        first = await being_computed(batcher, model, ["a"])
        second = asyncio.create_task(batcher.submit(model, list("bcdefghi")))
        third = asyncio.create_task(batcher.submit(model, ["j"]))
        with pytest.raises(QueueFull):
            await third
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert batcher.waiting == 0
        third = asyncio.create_task(batcher.submit(model, ["j"]))
        await asyncio.sleep(0)
        model.go.set()
        assert await first == ["A"]
        assert await third == ["J"]

    assert [texts for texts, _ in run(use)] == [["a"], ["j"]]


def test_cancelling_during_a_batch_does_not_affect_others():
    async def use(batcher, model):
        model.go.clear()
        one, other = (asyncio.create_task(batcher.submit(model, [text])) for text in "ab")
        await asyncio.to_thread(model.begun.wait, 10)
        one.cancel()
        await asyncio.sleep(0)
        model.go.set()
        assert await other == ["B"]

    assert run(use) == [(["a", "b"], None)]


def test_a_bad_text_fails_alone():
    async def use(batcher, model):
        answers = await asyncio.gather(
            *[batcher.submit(model, [text]) for text in ("a", "bad", "c")], return_exceptions=True
        )
        assert (answers[0], answers[2]) == (["A"], ["C"])
        assert isinstance(answers[1], ComputeFailed)
        assert str(answers[1].__cause__) == "a bad text"
        assert await batcher.submit(model, ["d"]) == ["D"]

    calls = [texts for texts, _ in run(use)]
    assert calls == [["a", "bad", "c"], ["a"], ["bad"], ["c"], ["d"]]


@pytest.mark.parametrize("error", [StopIteration(), MemoryError(), BaseException("a panic")])
def test_the_next_batch_is_computed_after_any_exception(error):
    async def use(batcher, model):
        def fail(texts, pairs):
            raise error

        model.compute, kept = fail, model.compute
        with pytest.raises(ComputeFailed) as failed:
            await batcher.submit(model, ["a"])
        assert failed.value.__cause__ is error
        model.compute = kept
        assert await batcher.submit(model, ["b"]) == ["B"]

    run(use)


def test_a_model_that_loses_rows_is_an_error():
    async def use(batcher, model):
        model.compute = lambda texts, pairs: ["only one"]
        with pytest.raises(ComputeFailed):
            await batcher.submit(model, ["a", "b"])

    run(use)


def test_it_reports_batches_and_the_queue():
    batches, queue = [], []

    async def use(batcher, model):
        await asyncio.gather(*[batcher.submit(model, [text]) for text in "abc"])

    run(use, on_batch=batches.append, on_queue=queue.append)
    assert (batches, queue) == ([3], [1, 2, 3, 0])
