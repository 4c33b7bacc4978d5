// Asking again and again, cheaply: an answer that is still good comes back as 304 without a body.

const SLOWEST_RETRY = 15_000;

export class Watch {
  // `address()` says what to ask now, null for nothing; `show(body)` is called for every new answer.
  constructor({ every, address, show, state = () => {} }) {
    Object.assign(this, { every, address, show, state });
    this.etag = null;
    this.asked = null;
    this.failures = 0;
    document.addEventListener("visibilitychange", () => document.hidden || this.now());
  }

  // Asks at once, then at the watch's pace. An answer to an older question is dropped.
  async now() {
    clearTimeout(this.timer);
    const turn = (this.turn = Symbol("turn"));
    const address = this.address();
    if (address === null) return; // nothing to ask for now
    if (address !== this.asked) this.etag = null;
    this.asked = address;
    try {
      await this.ask(address, turn);
      this.failures = 0;
    } catch (fault) {
      this.failures += 1;
      if (turn === this.turn) this.state({ fault });
    }
    if (turn === this.turn && !document.hidden) {
      this.timer = setTimeout(() => this.now(), this.pause());
    }
  }

  pause() {
    return this.failures ? Math.min(this.every * 2 ** this.failures, SLOWEST_RETRY) : this.every;
  }

  async ask(address, turn) {
    const headers = this.etag ? { "If-None-Match": this.etag } : {};
    const answer = await fetch(address, { headers, cache: "no-store", redirect: "error" });
    if (turn !== this.turn) return;
    if (answer.status === 304) return this.state({ through: answer.headers.get("Data-Through") });
    const body = await answer.json();
    if (turn !== this.turn) return;
    if (!answer.ok) throw new Problem(answer.status, body);
    this.etag = answer.headers.get("ETag");
    this.state({ through: answer.headers.get("Data-Through") });
    this.show(body);
  }
}

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title);
    this.status = status;
    this.code = body.code;
  }
}
