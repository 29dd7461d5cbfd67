from kbert.data.batch_pass import BatchPass


def test_a_whole_pass_is_followed_by_the_next_epoch():
    current = BatchPass(resumes=True)
    current.begin()
    assert (current.next, current.has_epoch) == (0, False)
    assert not any(current.take(index) for index in range(3))
    current.end(3)
    assert (current.next, current.has_epoch, current.resumes) == (None, False, False)


def test_an_interrupted_pass_is_repeated():
    current = BatchPass(resumes=True)
    current.begin()
    current.take(0)
    current.end(3)
    assert (current.next, current.has_epoch, current.resumes) == (None, True, True)


def test_only_the_first_batch_out_of_order_is_reported():
    current = BatchPass()
    current.begin()
    assert [current.take(index) for index in (0, 2, 1, 3)] == [False, True, False, False]


def test_a_pass_in_parts_continues_where_it_stopped():
    """As in `fit(steps_per_epoch=2)` with five batches."""
    current = BatchPass()
    for part, is_over in (([0, 1], False), ([2, 3], False), ([4], True)):
        current.begin()
        assert not any(current.take(index) for index in part)
        current.end(5)
        assert (current.has_epoch, current.paused is None) == (not is_over, is_over)
    assert current.in_order


def test_batches_made_ahead_belong_to_the_pass():
    current = BatchPass()
    current.begin()
    assert not any(current.take(index) for index in (0, 1, 2))
    current.end(5)
    assert not any(current.take(index) for index in (3, 4))  # before the next part begins
    current.begin()
    current.end(5)
    assert (current.has_epoch, current.paused, current.in_order) == (False, None, True)


def test_a_restarted_pass_is_in_order():
    current = BatchPass()
    current.begin()
    current.take(0)
    current.end(3)
    current.begin()
    assert not any(current.take(index) for index in range(3))
    current.end(3)
    assert (current.has_epoch, current.paused, current.in_order) == (False, None, True)
