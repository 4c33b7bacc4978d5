"""uvicorn's protocol for HTTP, but orders go from the connection to the desk and back.

`uvicorn --http transactional.http.counter:CounterProtocol`. An application of ASGI is a task and a
conversation of four messages for each request, which cost as much as reading an order's cart. What
is not quite ordinary about a request for an order (it came before the last was answered, or wants
to be asked for its body) takes that way as every other request does, and finds the same desk.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from transactional.http import desk, request_id
from transactional.http.batching import Batcher
from transactional.ordering.placement import Application, Placed

METHOD, URL = desk.METHOD.encode(), desk.PATH.encode()
# What the lifespan's state calls the batcher.
WAITING_ORDERS = "waiting_orders"

WaitingOrders = Batcher[Application, Placed | Exception]


class CounterProtocol(HttpToolsProtocol):
    """One connection; its `cycle` is uvicorn's own, or an OrderCycle."""

    cycle: Any
    scope: Any

    def on_headers_complete(self) -> None:
        if self.url == URL and self.parser.get_method() == METHOD and self._is_ordinary():
            self.cycle = OrderCycle(self)
        else:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if isinstance(self.cycle, OrderCycle):
            self.cycle.ask()
        else:
            super().on_message_complete()

    def _is_ordinary(self) -> bool:
        return (
            (self.cycle is None or self.cycle.response_complete)
            and not self.flow.write_paused
            and not self.expect_100_continue
            and not self.access_log
            and self.limit_concurrency is None
            and self.parser.get_http_version() == "1.1"
            and not self.parser.should_upgrade()
            and self._has_short_body()
        )

    def _has_short_body(self) -> bool:
        """So short that it may be read before anybody looks at it."""
        for name, value in self.headers:
            if name == b"content-length":
                return value.isdigit() and int(value) <= HIGH_WATER_LIMIT
        return False


class Unheard:
    """In the place of an event that nobody waits for."""

    def set(self) -> None:
        """Nobody is woken."""


UNHEARD = Unheard()


class OrderCycle:
    """A request for an order and its answer, in the place of uvicorn's own cycle.

    It points at nothing that points back, so it goes with its answer: the garbage collector would
    stop the core to find some thousands of them.
    """

    __slots__ = (
        "_protocol",
        "_request_id",
        "_scope",
        "body",
        "disconnected",
        "keep_alive",
        "response_complete",
    )
    message_event = UNHEARD

    def __init__(self, protocol: CounterProtocol) -> None:
        self.disconnected = self.response_complete = False
        self.keep_alive = protocol.parser.should_keep_alive()
        self.body = bytearray()
        self._protocol = protocol
        self._scope = protocol.scope
        self._request_id = request_id.of(self._scope)

    def ask(self) -> None:
        """Join those who wait at the desk; the body is there whole."""
        waiting_orders: WaitingOrders = self._protocol.app_state[WAITING_ORDERS]
        try:
            headers = self._scope["headers"]
            application = desk.application(headers, bytes(self.body), self._request_id)
            waiting_orders.ask(application).add_done_callback(self._tell)
        except Exception as error:
            self._refuse(error)

    def _tell(self, answered: "asyncio.Future[Placed | Exception]") -> None:
        outcome = answered.exception() or answered.result()
        if isinstance(outcome, Placed):
            headers = desk.answer_headers(outcome, self._request_id)
            self._write(desk.PLACED, headers, outcome.answer)
        else:
            assert isinstance(outcome, Exception), "nobody cancels whoever waits"
            self._refuse(outcome)

    def _refuse(self, error: Exception) -> None:
        task = self._protocol.loop.create_task(self._tell_refusal(error))
        self._protocol.tasks.add(task)
        task.add_done_callback(self._protocol.tasks.discard)

    async def _tell_refusal(self, error: Exception) -> None:
        response = await desk.refusal(self._scope, error, self._request_id)
        self._write(response.status_code, response.raw_headers, bytes(response.body))

    def _write(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
        if self.disconnected:
            return
        known = [*self._protocol.server_state.default_headers, *headers]
        if not self.keep_alive:
            known.append((b"connection", b"close"))
        lines = [b"%b: %b\r\n" % header for header in known]
        self._protocol.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", body]))
        self.response_complete = True
        if not self.keep_alive:
            self._protocol.transport.close()
        self._protocol.on_response_complete()
