import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional import ids


@given(st.integers(1, ids.LARGEST_KEY))
def test_an_id_comes_back_as_the_key_it_was_made_of(key: int) -> None:
    assert ids.internal("ord", ids.external("ord", key)) == key


@pytest.mark.parametrize(
    "text", ["ven_1", "ord_0", "ord_01", "ord_-1", "ord_", "1", "ord_1 ", "ord_9223372036854775808"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ids.IdInvalidError, match="ord_ and a number"):
        ids.internal("ord", text)
