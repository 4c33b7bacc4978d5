import pytest

from warehouse.advice.storage import WRITTEN
from warehouse.errors import ModelGraphBroken
from warehouse.graph import models, ordered, parsed


def test_every_model_comes_after_those_it_reads() -> None:
    done = set(WRITTEN)
    for model in models():
        assert {read for read in model.reads if read.startswith(("staging.", "marts."))} <= done
        done.add(model.target)


def test_every_model_states_its_grain_on_its_first_line() -> None:
    assert all(model.grain.startswith("one ") for model in models())


def test_what_a_model_reads_is_found_in_its_sql() -> None:
    model = parsed(
        "marts",
        "sums",
        """-- grain: one vendor
        with recent as (select * from staging.orders)
        select * from recent join source.vendors using (vendor_id)""",
    )
    assert model.reads == {"staging.orders", "source.vendors"}


def test_a_model_that_reads_an_unknown_table_is_named() -> None:
    lost = parsed("marts", "lost", "-- grain: one row\nselect * from source.nothing")
    with pytest.raises(ModelGraphBroken, match=r"marts.lost reads source.nothing"):
        ordered([lost])


def test_models_that_read_each_other_are_named() -> None:
    one = parsed("marts", "one", "-- grain: one row\nselect * from marts.two")
    two = parsed("marts", "two", "-- grain: one row\nselect * from marts.one")
    with pytest.raises(ModelGraphBroken, match=r"marts.one → marts.two|marts.two → marts.one"):
        ordered([one, two])
