from hypothesis import given, settings
from hypothesis import strategies as st

from kbert.tokenizer.truncation import truncated_lengths


@given(first=st.integers(0, 40), second=st.integers(0, 40), budget=st.integers(0, 40))
@settings(deadline=None)
def test_truncation_equals_google_s_loop(first, second, budget):
    left = [first, second]
    while sum(left) > budget:
        left[0 if left[0] > left[1] else 1] -= 1
    assert truncated_lengths(first, second, budget) == tuple(left)
