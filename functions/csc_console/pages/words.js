// The words of the page in the reader's language, and numbers and moments as people say them.

const SPOKEN = { nb: "nb", nn: "nb", no: "nb", da: "nb", sv: "sv" };
const OSLO = "Europe/Oslo";

let table = {};
let plural = null;
const formats = new Map();
let language = "nb";

export const spoken = () => language;

export async function speak(wanted) {
  language = wanted.map((tag) => tag.split("-")[0].toLowerCase()).map((tag) => SPOKEN[tag] ?? (tag === "en" ? "en" : null))
    .find(Boolean) ?? "en";
  const answer = await fetch(new URL(`words/${language}.json`, import.meta.url));
  table = await answer.json();
  plural = new Intl.PluralRules(language);
  formats.clear();
  document.documentElement.lang = language;
}

// The words under a key, with {names} filled in; `count` chooses between one and several.
export function t(key, given = {}) {
  const form = given.count === undefined ? "" : plural.select(given.count) === "one" ? "_one" : "_other";
  const words = table[key + form] ?? table[key] ?? key;
  return words.replace(/\{(\w+)\}/g, (_, name) => given[name] ?? "");
}

// The words under a key, or something else when there are none: values that a newer system may send.
export function named(group, value) {
  return table[`${group}.${value}`] ?? String(value ?? "");
}

function format(name, make) {
  if (!formats.has(name)) formats.set(name, make());
  return formats.get(name);
}

const dates = (name, options) => format(name, () => new Intl.DateTimeFormat(language, { timeZone: OSLO, ...options }));
const dayOf = (at) => dates("key", { year: "numeric", month: "2-digit", day: "2-digit" }).format(at);

export const number = (value) => format("number", () => new Intl.NumberFormat(language)).format(value);
export const listed = (names) => format("list", () => new Intl.ListFormat(language)).format(names);
export const clock = (at) => dates("clock", { hour: "2-digit", minute: "2-digit" }).format(new Date(at));
export const day = (at) => dates("day", { day: "numeric", month: "short", year: "numeric" }).format(new Date(at));
export const shortDay = (at) => dates("short", { day: "2-digit", month: "2-digit", year: "2-digit" }).format(new Date(at));

// A moment said so that it is understood at a glance: the clock today, else the day.
export function moment(at, now = new Date()) {
  const then = new Date(at);
  if (dayOf(then) === dayOf(now)) return t("time.today", { clock: clock(then) });
  const yesterday = new Date(now.getTime() - 86_400_000);
  if (dayOf(then) === dayOf(yesterday)) return t("time.yesterday", { clock: clock(then) });
  return t("time.day", { day: day(then), clock: clock(then) });
}

// How long between two moments, in the largest unit that says it.
export function span(from, to) {
  const minutes = Math.max(0, Math.round(Math.abs(new Date(to) - new Date(from)) / 60_000));
  if (minutes < 60) return t("time.minutes", { count: minutes });
  if (minutes < 48 * 60) return t("time.hours", { count: Math.round(minutes / 60) });
  return t("time.days", { count: Math.round(minutes / 1440) });
}

export const days = (from, to) => Math.round((new Date(to) - new Date(from)) / 86_400_000);

export const ago = (at, now = new Date()) => t("time.ago", { span: span(at, now) });
