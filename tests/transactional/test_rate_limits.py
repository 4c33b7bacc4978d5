import pytest
import redis

from transactional.access.rate_limits import MOST_COUNTED, RateLimitedError, RateLimits


class Watch:
    """Seconds since 1970, as the test sets them."""

    def __init__(self) -> None:
        self.seconds = 600.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_beyond_the_limit_the_next_window_is_named_and_then_it_goes_on(watch: Watch) -> None:
    limits = RateLimits(watch)
    watch.seconds += 45
    for _ in range(3):
        limits.demand("shp_1", 3)
    with pytest.raises(RateLimitedError) as refused:
        limits.demand("shp_1", 3)
    limits.demand("shp_2", 3)
    assert refused.value.details == {"retry_after_seconds": 15}
    watch.seconds += 15
    limits.demand("shp_1", 3)


def test_processes_learn_each_others_counts_through_redis(watch: Watch, redis_url: str) -> None:
    one, other = RateLimits(watch), RateLimits(watch)
    with redis.Redis.from_url(redis_url) as store:
        for _ in range(3):
            one.demand("shp_1", 3)
        other.demand("shp_1", 3)
        assert (one.sync(store), other.sync(store), one.sync(store)) == (1, 1, 0)
    with pytest.raises(RateLimitedError):
        other.demand("shp_1", 4)


def test_without_redis_a_process_counts_alone_and_tells_it_later(
    watch: Watch, redis_url: str
) -> None:
    limits = RateLimits(watch)
    for _ in range(2):
        limits.demand("shp_1", 2)
    with redis.Redis.from_url("redis://127.0.0.1:1") as nowhere, pytest.raises(redis.RedisError):
        limits.sync(nowhere)
    with pytest.raises(RateLimitedError):
        limits.demand("shp_1", 2)
    with redis.Redis.from_url(redis_url) as store:
        limits.sync(store)
        assert store.get("rynek:rate:10:shp_1") == b"3"


def test_memory_is_bounded_however_many_come(watch: Watch) -> None:
    limits = RateLimits(watch)
    for number in range(MOST_COUNTED + 5):
        limits.demand(f"address {number}", 5)
    with pytest.raises(RateLimitedError):
        limits.demand("one more address", 5)
