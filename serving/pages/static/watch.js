// Asking again and again, cheaply: an answer that is still good comes back as 304 without a body.

const FIRST_RETRY = 2_000;
const SLOWEST_RETRY = 15_000;
const LOST_AFTER = 30_000; // of a connection that broke without a word nothing would ever be heard

export class Watch {
  // `address()` says what to ask now, null for nothing. `show(body, isOther)` is called for every new answer; `isOther`
  // where the one before was to another question. `state` hears of every answer and of every fault, with `isAnswered`
  // where what is shown answers the question that failed.
  constructor({ every, address, show, state = () => {} }) {
    Object.assign(this, { every, address, show, state });
    this.etag = null;
    this.asked = null;
    this.answered = null;
    this.turn = this.shown = 0;
    this.failures = 0;
    document.addEventListener("visibilitychange", () => document.hidden || this.now());
  }

  // Asks at once, then at the watch's pace.
  async now() {
    clearTimeout(this.timer);
    const turn = (this.turn += 1);
    const address = this.address();
    if (address !== this.asked) this.etag = null;
    this.asked = address;
    if (address === null) return;
    try {
      await this.ask(address, turn);
      this.failures = 0;
    } catch (fault) {
      if (turn === this.turn) this.fail(fault);
    }
    if (turn === this.turn && !document.hidden) {
      this.timer = setTimeout(() => this.now(), this.pause());
    }
  }

  pause() {
    return this.failures ? Math.min(FIRST_RETRY * 2 ** (this.failures - 1), SLOWEST_RETRY) : this.every;
  }

  async ask(address, turn) {
    const headers = this.etag ? { "If-None-Match": this.etag } : {};
    const signal = AbortSignal.timeout(LOST_AFTER);
    const answer = await fetch(address, { headers, signal, cache: "no-store", redirect: "error" });
    const state = { through: answer.headers.get("Data-Through") };
    if (answer.status === 304) return this.isWanted(address, turn) && this.state(state);
    const body = await answer.json();
    if (!this.isWanted(address, turn)) return undefined;
    if (!answer.ok) throw new Problem(answer.status, body);
    this.show(body, address !== this.answered);
    Object.assign(this, { etag: answer.headers.get("ETag"), answered: address, shown: turn });
    return this.state(state);
  }

  // Asked twice, the first answer will do; but none to another question, and none older than what is shown.
  isWanted(address, turn) {
    return address === this.asked && turn > this.shown;
  }

  // What is shown may make way for the fault, so the next answer must come whole.
  fail(fault) {
    this.failures += 1;
    this.etag = null;
    this.state({ fault, isAnswered: this.asked === this.answered });
  }
}

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title);
    this.status = status;
    this.code = body.code;
  }
}
