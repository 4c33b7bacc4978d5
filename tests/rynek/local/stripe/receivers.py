"""A webhook endpoint that tests can stop, restart and make refuse."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """What arrived, as signature and raw payload, and the statuses still to be answered."""

    port: int = 0
    statuses: list[int] = field(default_factory=list)
    arrived: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks"


@contextmanager
def receiving(receiver: Receiver) -> Iterator[Receiver]:
    """Listen on the receiver's port (a free one at first); 200 once its statuses are used up."""

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            payload = self.rfile.read(int(self.headers["content-length"]))
            receiver.arrived.append((self.headers["stripe-signature"], payload))
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing on stderr."""

    with ThreadingHTTPServer(("127.0.0.1", receiver.port), Hook) as server:
        receiver.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
