"""Proof that the order of Stripe's webhooks does not matter.

The same story is told again and again, each time of a new order, with its events delivered in
another order, twice, late, or not at all (and then found by asking Stripe). Every telling must end
in the same state as the first, in which each event comes once, as it happened.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice, permutations
from random import Random

from rynek.soak import states, stories
from rynek.soak.states import State
from rynek.soak.stories import Event, Stage, Step, Story
from transactional.payment import recovery, stripe_events, webhooks
from transactional.settlement import refund_sending

WITHHELD = 0.2
DELIVERED_TWICE = 0.3
MOST_TURNS = 50
"""After so many rounds of the workers a market that is still busy will never be quiet."""

Teller = Callable[[Stage, Sequence[Step]], Story]


class OrderMattersError(AssertionError):
    """Another order of events led to another state."""


class NeverQuietError(AssertionError):
    """The workers found something to do every time."""


@dataclass(frozen=True)
class Report:
    """How many tellings ended alike; `found` events came by no webhook."""

    seed: int
    tellings: int
    events: int
    found: int


@dataclass
class Proof:
    """Tells stories on one stage and compares their ends."""

    stage: Stage
    seed: int
    wanted: dict[str, State] = field(default_factory=dict)
    tellings: int = 0
    events: int = 0
    found: int = 0

    def check(self, name: str, teller: Teller) -> None:
        """Tell the story; raises OrderMattersError where it ends unlike its first telling."""
        steps = stories.STORIES[name]
        if name not in self.wanted:
            self.wanted[name] = self._end(self._told(steps, in_order))
        difference = states.difference(self.wanted[name], self._end(self._told(steps, teller)))
        if difference:
            raise OrderMattersError(f"seed {self.seed}, '{name}': {difference}")

    def report(self) -> Report:
        return Report(self.seed, self.tellings, self.events, self.found)

    def _told(self, steps: Sequence[Step], teller: Teller) -> Story:
        self.tellings += 1
        return teller(self.stage, steps)

    def _end(self, story: Story) -> State:
        settle_down(story)
        with self.stage.database.transaction() as connection:
            (row,) = connection.execute(
                "select count(*) as events, count(*) filter (where not is_delivered) as found"
                " from webhook_events"
            ).fetchall()
        self.events, self.found = row["events"], row["found"]
        return states.read(self.stage.database, story.order_id)


def run(stage: Stage, *, seed: int, seconds: float = 0.0, count: int = 0) -> Report:
    """Random tellings of random stories for so many seconds, or so many of them.

    Raises OrderMattersError, NeverQuietError; the message names the seed.
    """
    random, proof = Random(seed), Proof(stage, seed)
    ends_at = time.monotonic() + seconds
    while proof.tellings < count or time.monotonic() < ends_at:
        name = random.choice(list(stories.STORIES))
        proof.check(name, at_random(Random(random.random())))
    return proof.report()


def run_permutations(
    stage: Stage, *, seed: int, most: int, names: Iterable[str] = tuple(stories.STORIES)
) -> Report:
    """Every permutation of each story's events, each event twice; at most `most` of a story.

    Raises OrderMattersError, NeverQuietError.
    """
    proof = Proof(stage, seed)
    for name in names:
        for order in _orders(proof, name, most):
            proof.check(name, permuted(order))
    return proof.report()


def in_order(stage: Stage, steps: Sequence[Step]) -> Story:
    """Every event once, as soon as it is filed."""
    story = stories.begin(stage)
    for step in steps:
        for event in story.do(step):
            deliver(story, event)
    return story


def permuted(order: Sequence[int]) -> Teller:
    """All events after the last step, in this order, and then all of them once more."""

    def tell(stage: Stage, steps: Sequence[Step]) -> Story:
        story = stories.begin(stage)
        for step in steps:
            story.do(step)
        for _ in range(2):
            for place in order:
                deliver(story, story.filed[place % len(story.filed)])
        return story

    return tell


def at_random(random: Random) -> Teller:
    """Events come between the steps and after them, some twice, some by no webhook at all."""

    def tell(stage: Stage, steps: Sequence[Step]) -> Story:
        story = stories.begin(stage)
        _read_events_from(story)
        waiting: list[Event] = []
        for step in steps:
            waiting += story.do(step)
            for event in random.sample(waiting, random.randint(0, len(waiting))):
                deliver(story, event)
                if random.random() > DELIVERED_TWICE:
                    waiting.remove(event)
        random.shuffle(waiting)
        for event in waiting:
            if random.random() > WITHHELD:
                deliver(story, event)
        stripe_events.catch_up(stage.database, stage.gateway, story.now)
        return story

    return tell


def deliver(story: Story, event: Event) -> None:
    """The webhook comes, and is applied; one that came before is applied once more."""
    database = story.stage.database
    with database.transaction() as connection:
        if not webhooks.store(connection, event, story.now):
            connection.execute(
                "update webhook_events set applied_at = null, retry_at = %s where event_id = %s",
                (story.now, event["id"]),
            )
    webhooks.apply(database, story.stage.gateway, story.now)


def settle_down(story: Story) -> None:
    """Let the workers do what is left, until there is nothing. Raises NeverQuietError."""
    database, gateway = story.stage.database, story.stage.gateway
    for _ in range(MOST_TURNS):
        story.now += timedelta(minutes=2)
        worked = webhooks.apply(database, gateway, story.now)
        worked += refund_sending.send(database, gateway, story.now)
        worked += recovery.recover(database, gateway, story.now) if _has_open_call(story) else 0
        if not worked:
            return
    raise NeverQuietError(f"ord_{story.order_id} is never quiet")


def _has_open_call(story: Story) -> bool:
    """Only lost answers are recovered: what webhooks tell, they must tell alone."""
    with story.stage.database.transaction() as connection:
        found = connection.execute(
            "select from payment_attempts join payments using (payment_id)"
            " where order_id = %s and payment_attempts.status = 'started'",
            (story.order_id,),
        )
        return found.rowcount > 0


def _orders(proof: Proof, name: str, most: int) -> Iterator[tuple[int, ...]]:
    """Permutations of the places of the story's events: all, or `most` drawn from the seed."""
    telling = stories.begin(proof.stage)
    for step in stories.STORIES[name]:
        telling.do(step)
    places = list(range(len(telling.filed)))
    random = Random(f"{proof.seed} {name}")
    every = list(islice(permutations(places), most + 1))
    if len(every) <= most:
        yield from every
    else:
        yield from (tuple(random.sample(places, len(places))) for _ in range(most))


def _read_events_from(story: Story) -> None:
    """Stripe's list is read from the story's beginning: what came before is no news."""
    if story.begins_after is None:
        return
    with story.stage.database.transaction() as connection:
        connection.execute(
            "insert into stripe_events_cursor (event_id, created_at) values (%s, now())"
            " on conflict (is_cursor) do update set event_id = excluded.event_id",
            (story.begins_after,),
        )
