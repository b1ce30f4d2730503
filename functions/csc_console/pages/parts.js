// Pieces that several pages are made of.

import { h } from "./dom.js";
import { ago, clock, listed, moment, named, span, t } from "./words.js";

export const time = (at, words = moment(at)) => (at ? h("time", { datetime: at, title: moment(at) }, words) : null);
export const chip = (kind, value, words) => h("span", { class: `chip ${kind}`, "data-value": value }, words);
export const act = (name, words, more = {}, key = null) =>
  h("button", { type: "button", "data-do": name, ...more }, words, key ? h("kbd", { "aria-hidden": "true" }, key) : null);
export const busy = (app, label) => ({ "aria-disabled": app.busy.has(label) ? "true" : null });

// A mark that says a state by its form as well as by its colour.
export const mark = (value, words) => h("span", { class: "mark", "data-value": value }, h("span", { class: "sign", "aria-hidden": "true" }), words);

export function due(row, now) {
  if (!row.colour) return mark(row.state, t(`state.${row.state}`));
  const late = new Date(row.due_at) < now;
  return h("span", { title: `${t(`colour.${row.colour}`)} · ${moment(row.due_at)}` },
    mark(row.colour, [t(late ? "due.late" : "due.left", { span: span(row.due_at, now) }), h("span", { class: "unseen" }, ` ${t(`colour.${row.colour}`)}`)]));
}

// People are known by their address; what stands before the @ is read as a name where it is made of words.
export function nameOf(address) {
  if (!address) return t("the_system");
  const [before] = address.split("@");
  return before.split(/[._]+/).filter(Boolean).map((part) => part[0].toUpperCase() + part.slice(1)).join(" ");
}

// Colleagues who have a case before them now; their faces are for the eye, their names for everybody.
export function lookers(addresses) {
  if (!addresses.length) return null;
  const words = t("looking", { names: listed(addresses.map(nameOf)) });
  return h("span", { class: "looking", "data-key": "looking", title: words }, addresses.map((one) => face(one, false)), h("span", {}, words));
}

export const person = (address) => h("span", { title: address || null }, nameOf(address));

export function face(address, mine) {
  const letters = nameOf(address).split(" ").slice(0, 2).map((part) => part[0]).join("");
  return h("span", { class: "face", "data-mine": mine, "aria-hidden": "true" }, letters);
}

export const grouped = (digits) => (digits ?? "").replace(/^(\d{3})(\d{3})(\d{3})$/, "$1 $2 $3");
export const owner = (one) => (one ? one.name || one.id : t("no_owner"));

// A way out of the console. What is no ordinary web address is shown as words only.
export function outward(address, words, more = {}) {
  if (!/^https?:\/\//.test(address ?? "")) return h("span", more, words);
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer", ...more }, words,
    more["aria-label"] ? null : h("span", { class: "unseen" }, t("opens_elsewhere")));
}

export const empty = (words) => h("p", { class: "empty" }, words);
export const loading = () => h("p", { class: "empty", "data-key": "loading" }, t("loading"));
export { ago, clock, moment, named, span, t };
