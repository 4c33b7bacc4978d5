// The badge that says how far the figures reach, and what is the matter when they cannot be had.

const DELAYED_AFTER = 15_000;

export class Freshness {
  constructor(formats, timeZone) {
    Object.assign(this, { formats, timeZone, badge: document.querySelector("#live"), notice: document.querySelector("#notice") });
  }

  show({ through, fault }) {
    if (fault) return this.showFault(fault);
    this.notice.hidden = true;
    const isLive = Date.now() - Date.parse(through) < DELAYED_AFTER;
    const text = isLive ? `Live · ${this.formats.clock(through)}` : `Data through ${this.formats.ago(through)}`;
    this.badge.dataset.state = isLive ? "live" : "delayed";
    this.badge.title = `Data through ${this.formats.moment(through)}, ${this.timeZone}`;
    if (this.badge.textContent !== text) this.badge.firstElementChild.textContent = text;
    return undefined;
  }

  showFault(fault) {
    if (fault.status === 401) return location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
    this.badge.dataset.state = "offline";
    this.badge.firstElementChild.textContent = "Reconnecting…";
    if (!fault.status) return undefined;
    this.notice.textContent = fault.message;
    this.notice.hidden = false;
    return undefined;
  }
}
