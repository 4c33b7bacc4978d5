// How figures are written: money in the installation's currency, days in the market's time zone.

const LOCALE = "en";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DAYS_COUNTED = 100;

export function formatsFor(currency, timeZone) {
  const money = new Intl.NumberFormat(LOCALE, { style: "currency", currency });
  const digits = money.resolvedOptions().maximumFractionDigits;
  const count = new Intl.NumberFormat(LOCALE);
  const percent = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 1 });
  const clock = new Intl.DateTimeFormat(LOCALE, { timeZone, timeStyle: "medium", hourCycle: "h23" });
  const moment = new Intl.DateTimeFormat(LOCALE, {
    timeZone, dateStyle: "medium", timeStyle: "short", hourCycle: "h23",
  });
  const major = (cents) => cents / 10 ** digits;
  return {
    major,
    money: (cents) => (cents === null ? "–" : money.format(major(cents))),
    count: (value) => (value === null ? "–" : count.format(value)),
    percent: (ratio) => (ratio === null ? "–" : percent.format(ratio)),
    clock: (iso) => clock.format(new Date(iso)),
    moment: (iso) => moment.format(new Date(iso)),
    today: () => dayIn(timeZone, new Date()),
    ago: (iso) => ago(iso) ?? longDay(dayIn(timeZone, new Date(iso))),
    // A figure of the registry, in its unit.
    value({ unit }, value) {
      if (value === null) return "–";
      if (unit === "cents") return this.money(Math.round(value));
      if (unit === "ratio") return this.percent(value);
      if (unit === "days") return `${count.format(rounded(value, 1))} days`;
      return this.count(rounded(value, 2));
    },
    axis: numberLocale(money),
  };
}

function rounded(value, digits) {
  return Number(value.toFixed(digits));
}

// "2026-11-22" for the day that it is in the zone.
function dayIn(timeZone, date) {
  return new Intl.DateTimeFormat("en-CA", { timeZone }).format(date);
}

// What Vega's axes need to write the same currency.
function numberLocale(money) {
  const parts = money.formatToParts(0);
  const at = parts.findIndex((part) => part.type === "currency");
  const symbol = parts[at].value;
  return {
    decimal: ".", thousands: ",", grouping: [3],
    currency: at === 0 ? [symbol, ""] : ["", `\u00a0${symbol}`],
  };
}

// Null for what is too long ago to count the days.
function ago(iso) {
  const passed = Date.now() - new Date(iso).getTime();
  if (passed < MINUTE) return "just now";
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min ago`;
  if (passed < DAY) return `${Math.floor(passed / HOUR)} h ago`;
  const days = Math.floor(passed / DAY);
  if (days === 1) return "yesterday";
  return days < DAYS_COUNTED ? `${days} days ago` : null;
}

export function daysBefore(day, count) {
  return new Date(Date.parse(day) - count * DAY).toISOString().slice(0, 10);
}

export function daysBetween(first, last) {
  return (Date.parse(last) - Date.parse(first)) / DAY + 1;
}

export function longDay(day) {
  const date = new Date(`${day}T00:00:00Z`);
  return new Intl.DateTimeFormat(LOCALE, { timeZone: "UTC", dateStyle: "medium" }).format(date);
}
