// The queue: what waits for a decision, narrowed down by what stands in the address.

import { h } from "./dom.js";
import { walk } from "./keys.js";
import { ago, chip, due, empty, face, grouped, lookers, mark, moment, owner, person, span, t } from "./parts.js";
import { number } from "./words.js";

// First what waits for a decision, whether or not somebody is at it: no state chosen.
const STATES = ["", "claimed", "waiting", "decided", "effected", "withdrawn"];
const TO_DECIDE = ["open", "claimed"];
const FILTERS = ["older_than_days", "colour", "recommendation", "owner_id", "claimed_by", "sort"];
const COLOURS = ["red", "amber", "green"];
const DAYS = ["1", "7", "30"];
const RECOMMENDATIONS = ["inactive", "keep", "fix_first"];
const SORTS = ["newest_evidence", "oldest", "due"];
const PAST = ["waiting", "decided", "effected", "withdrawn"];
const COUNTED = 100;
const PAGE = 50, LETTERS = 2, TYPING = 220;

// Advisers that have been seen in the queue, to choose among.
const owners = new Map();

export const title = () => t("queue.title");

export async function load(app) {
  const { params } = app.route;
  const [found, counts] = await Promise.all([
    params.q ? app.api.search(params.q) : app.api.cases({ ...asked(params), cursor: params.after, size: PAGE }),
    app.api.counts(),
  ]);
  for (const { owner: one } of found.cases) if (one?.name) owners.set(one.id, one.name);
  return { cases: found.cases, next: found.next, counts };
}

const asked = (params) => Object.fromEntries(["state", ...FILTERS].filter((name) => params[name]).map((name) => [name, params[name]]));

// The address of this queue with something changed; paging begins anew.
function address(params, change) {
  const wanted = { ...params, after: undefined, ...change };
  const kept = Object.entries(wanted).filter(([, value]) => value);
  return `#/queue${kept.length ? `?${new URLSearchParams(kept)}` : ""}`;
}

export function view(app) {
  const { params } = app.route;
  const { cases, next, counts } = app.data;
  const narrowed = params.q || FILTERS.some((name) => name !== "sort" && params[name]);
  return h("div", { class: "queue", "data-key": "queue" },
    h("div", { class: "strip" },
      h("h2", { id: "title", tabindex: "-1", class: "unseen" }, t("queue.title")),
      states(params, counts),
      h("search", {}, h("form", { "data-form": "search" },
        h("label", { for: "q", class: "unseen" }, t("queue.search")),
        h("input", {
          id: "q", type: "search", name: "q", autocomplete: "off", spellcheck: "false", maxlength: "100", value: params.q ?? "",
          placeholder: t("queue.search_hint"), "data-input": "search", "data-keys": true,
        }), h("kbd", { "aria-hidden": "true" }, "/")))),
    h("div", { class: "filters", role: "group", "aria-label": t("queue.filters") },
      colours(params, counts),
      pick(params, "older_than_days", DAYS.map((value) => [value, aged(value, counts)])),
      pick(params, "recommendation", RECOMMENDATIONS.map((value) => [value, t(`recommendation.${value}`)])),
      pick(params, "owner_id", [...owners].sort(([, a], [, b]) => a.localeCompare(b))),
      pick(params, "claimed_by", [["me", t("queue.mine")]]),
      pick(params, "sort", SORTS.map((value) => [value, t(`sort.${value}`)])),
      narrowed ? h("a", { class: "clear", href: address({}, { state: params.state, sort: params.sort }), "data-key": "clear" }, t("queue.clear")) : null),
    h("div", { class: "heads", "aria-hidden": "true" },
      [PAST.includes(params.state) ? "state" : "due", "company", "recommendation", "evidence", "owner", "claim"].map((name) => h("span", {}, t(`head.${name}`)))),
    cases.length ? h("ol", { class: "rows", "aria-label": t("queue.title"), "data-key": "rows" }, cases.map((one) => row(app, one))) : empty(none(params, narrowed)),
    h("nav", { class: "pages", "aria-label": t("queue.pages") },
      h("p", { class: "quiet" }, cases.length ? t("queue.shown", { count: cases.length }) : ""),
      params.after ? h("a", { href: address(params, {}), "data-key": "first" }, t("queue.first")) : null,
      next ? h("a", { href: address(params, { after: next }), "data-key": "next", "data-walk": true }, t("queue.next", { count: PAGE })) : null));
}

function states(params, counts) {
  const chosen = params.q ? null : params.state ?? "";
  const many = (state) => (state ? [state] : TO_DECIDE).reduce((sum, one) => sum + (counts.by_state[one] ?? 0), 0);
  return h("nav", { class: "states", "aria-label": t("queue.states") }, STATES.map((state) =>
    h("a", { href: address(params, { state, q: undefined }), "aria-current": chosen === state ? "page" : null, "data-key": state || "to_decide" },
      t(state ? `state.${state}` : "queue.to_decide"), " ", h("span", { class: "count" }, number(many(state))))));
}

function colours(params, counts) {
  if (!Object.keys(counts.by_colour).length) return null;
  return h("div", { class: "colours" }, COLOURS.map((colour) => {
    const on = params.colour === colour;
    // What is past has no deadline: there the colours lead back to what is to be decided.
    const state = PAST.includes(params.state) ? undefined : params.state;
    return h("a", { href: address(params, { colour: on ? undefined : colour, q: undefined, state }), "data-key": colour, "aria-current": on ? "true" : null },
      mark(colour, t(`colour.${colour}`)), " ", h("span", { class: "count" }, atLeast(counts.by_colour[colour])));
  }));
}

const aged = (days, { by_age: many }) => t("queue.older", { count: Number(days) }) + (days in many ? ` (${atLeast(many[days])})` : "");

// Counting ends at a hundred; what lies behind that is not known.
const atLeast = (count) => (count === undefined ? "–" : count < COUNTED ? number(count) : `${COUNTED}+`);

function pick(params, name, options) {
  if (!options.length && !params[name]) return null;
  const unknown = params[name] && !options.some(([value]) => value === params[name]) ? [[params[name], params[name]]] : [];
  const any = name === "sort" ? [] : [["", t(`any.${name}`)]];
  return h("span", { class: "pick", "data-key": name },
    h("label", { for: `by-${name}`, class: "unseen" }, t(`by.${name}`)),
    h("select", { id: `by-${name}`, "data-filter": name, "data-on": Boolean(params[name]) }, [...any, ...options, ...unknown].map(([value, words]) =>
      h("option", { value, "data-key": value || "none", selected: value === (params[name] ?? "") }, words))));
}

export function row(app, one) {
  const { company, claim } = one;
  // That whoever has claimed a case looks at it goes without saying.
  const others = one.looking.filter((who) => who !== claim?.by);
  return h("li", { "data-key": one.id },
    h("a", { class: "row", href: `#/case/${one.id}`, "data-walk": true, "data-case": one.id, "data-claimed": Boolean(claim), "data-selected": app.selected === one.id },
      h("span", { class: "due" }, PAST.includes(one.state) ? mark(one.state, ended(one)) : due(one, app.now())),
      h("span", { class: "who" }, h("strong", {}, company.name), " ", h("span", { class: "quiet" }, grouped(company.organisation_number))),
      h("span", { class: "what" }, h("span", { class: "unseen" }, t("head.recommendation")), " ", chip("recommendation", one.recommendation, t(`recommendation.${one.recommendation}`))),
      h("span", { class: "quiet evidence", title: moment(one.evidence_at) }, h("span", { class: "unseen" }, `${t("head.evidence")} `), ago(one.evidence_at, app.now())),
      h("span", { class: one.owner ? "owner" : "owner quiet" }, owner(one.owner)),
      h("span", { class: "claim" }, claim ? [face(claim.by, claim.mine), " ",
        claim.mine ? h("span", {}, t("claim.you")) : person(claim.by), " ",
        h("span", { class: "quiet" }, t("due.left", { span: span(app.now(), claim.until) }))] : null, lookers(others))));
}

const ended = (one) => (one.decided && one.state !== "waiting" ? t(`decision.${one.decided}`) : t(`state.${one.state}`));

function none(params, narrowed) {
  if (params.q) return t(params.q.length < LETTERS ? "queue.short" : "queue.none_found", { text: params.q });
  return t(narrowed || params.state ? "queue.none_here" : "queue.none");
}

function search(app, text) {
  clearTimeout(app.typing);
  const wanted = text.trim();
  if (wanted.length === 1) return;
  app.go(address(wanted ? {} : { ...app.route.params, q: undefined }, wanted ? { q: wanted } : {}), { replace: true });
}

export function keys(app, key, event) {
  const searching = event.target.id === "q";
  if (key === "ArrowDown" || (key === "j" && !searching)) return Boolean(walk("[data-walk]", 1));
  if (key === "ArrowUp" || (key === "k" && !searching)) return Boolean(walk("[data-walk]", -1));
  if (key === "Escape" && (searching || app.route.params.q)) {
    document.getElementById("q").value = "";
    search(app, "");
    (document.querySelector("[data-selected]") ?? document.getElementById("title")).focus();
    return true;
  }
  if (key === "/") {
    document.getElementById("q").focus();
    document.getElementById("q").select();
    return true;
  }
  const chosen = document.activeElement.closest("[data-case]") ?? document.querySelector("[data-selected]");
  if (key === "c" && chosen) {
    app.take(chosen.dataset.case, "claim");
    return true;
  }
  return false;
}

export const inputs = {
  search: (app, field) => {
    clearTimeout(app.typing);
    // Whoever has opened a case meanwhile stays there.
    app.typing = setTimeout(() => app.route.name === "queue" && search(app, field.value), TYPING);
  },
};

export const forms = {
  search: (app, form) => {
    search(app, form.q.value);
    document.querySelector("[data-walk]")?.focus();
  },
};

export const filter = (app, name, value) => app.go(address(app.route.params, { [name]: value || undefined, q: undefined }));
export const actions = {};

// What stands in the search field follows the address, but is not taken from under whoever writes.
export function shown(app) {
  const field = document.getElementById("q");
  if (field && field !== document.activeElement) field.value = app.route.params.q ?? "";
}
