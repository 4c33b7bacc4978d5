from models.demand.classes import CLASSES, classify, interval, variation
from tests.models.demand.sellers import of


def classes(*days: list[float]) -> list[str]:
    return [CLASSES[found] for found in classify(of(list(days)))]


def test_how_often_and_how_unevenly_decide() -> None:
    often, seldom = [2.0, 2.0, 3.0] * 20, [2.0, 0, 0] * 20
    bursts, seldom_bursts = [1.0, 1.0, 9.0] * 20, [1.0, 0, 0, 9.0, 0, 0] * 10
    thin = [1.0] + [0.0] * 59
    assert classes(often, bursts, seldom, seldom_bursts, thin) == [
        "smooth", "erratic", "intermittent", "lumpy", "thin",
    ]  # fmt: skip


def test_the_two_figures_are_those_of_the_paper() -> None:
    sales = of([[2, 0, 4, 0, 0, 0]])
    assert interval(sales)[0] == 3
    assert variation(sales)[0] == 1 / 9


def test_days_without_stock_are_no_wait() -> None:
    sales = of([[2, 0, 4, 0, 0, 0]], [[1, 1, 1, 0, 0, 0.5]])
    assert interval(sales)[0] == 3.5 / 2


def test_ten_days_with_a_sale_are_enough_to_tell() -> None:
    assert classes([1.0] * 9 + [0.0] * 51, [1.0] * 10 + [0.0] * 50) == ["thin", "intermittent"]


def test_the_borders_are_those_of_the_paper() -> None:
    """ADI 100 / 76 and 100 / 75 lie around 1.32; CV² 0.36 below 0.49, and 0.49 on it."""
    assert classes([2.0] * 76 + [0.0] * 24, [2.0] * 75 + [0.0] * 25) == ["smooth", "intermittent"]
    assert classes([4.0, 16.0] * 50, [3.0, 17.0] * 50) == ["smooth", "erratic"]
