// One case on one screen: who the customer is, what the silence looks like, and the decision.

import { h } from "./dom.js";
import { draft, keepDraft } from "./drafts.js";
import { act, busy, chip, clock, due, empty, face, grouped, lookers, mark, moment, nameOf, outward, owner, person, t, time } from "./parts.js";
import { day, days, listed, shortDay } from "./words.js";

const DECISIONS = { i: "inactive", k: "keep", m: "needs_more" };
const DECIDING = ["decide", "claim", "take_over"];
const UNDECIDED = ["open", "claimed", "waiting"];
const SHOWN = 4;
const RENEW_WITHIN = 15 * 60_000, ACTIVE_WITHIN = 5 * 60_000, RENEW_AGAIN = 60_000;

let renewed = 0;

export const title = (app) => app.data.case.company.name;
export const load = (app) => app.api.case(app.route.id);

export function enter(app) {
  app.choosing = null;
  app.lost = null;
}

const may = (app, step) => app.data.may.includes(step);

export function view(app) {
  const { data } = app;
  return h("article", { class: "case", "data-key": `case-${data.case.id}` },
    head(app, data),
    h("div", { class: "sheet" },
      h("div", { class: "side" }, customer(data), comments(app, data)),
      h("div", { class: "middle" }, judgement(data), decision(app, data)),
      happenings(data)));
}

function head(app, { case: row }) {
  return h("header", { class: "case-head" },
    h("a", { class: "back", href: app.back ?? "#/" }, h("span", { "aria-hidden": "true" }, "←"), " ", t("case.back")),
    h("h2", { id: "title", tabindex: "-1" }, row.company.name),
    h("p", { class: "quiet" }, grouped(row.company.organisation_number)),
    h("p", {}, UNDECIDED.includes(row.state) ? due(row, app.now()) : mark(row.state, t(`state.${row.state}`))),
    h("p", { class: "holder", "data-key": "holder" }, lookers(row.looking), holder(app, row),
      UNDECIDED.includes(row.state) && following(app) ? act("next", t("do.next"), { class: "plain", "data-key": "next" }, "n") : null));
}

function holder(app, { claim, state }) {
  if (!UNDECIDED.includes(state)) return null;
  if (!claim) return may(app, "claim") ? act("claim", t("do.claim"), { class: "main", "data-key": "claim", ...busy(app, "claim") }, "c") : null;
  return [h("span", { class: "who-has" }, face(claim.by, claim.mine),
    h("span", {}, claim.mine ? t("claim.yours", { clock: clock(claim.until) }) : t("claim.theirs", { name: nameOf(claim.by), clock: clock(claim.until) }))),
    claim.mine ? act("release", t("do.release"), { "data-key": "release" }) : null,
    may(app, "take_over") ? act("take_over", t("do.take_over"), { "data-key": "take_over" }) : null];
}

function customer({ case: { company, ...row }, main_contact: contact, main_contact_known: known, endings }) {
  const [last] = endings;
  return h("section", { "aria-labelledby": "customer-title", "data-key": "customer" },
    h("h3", { id: "customer-title" }, t("case.customer")),
    h("dl", { class: "facts" },
      fact("company", outward(company.link, company.name)),
      fact("owner", owner(row.owner)),
      fact("contact", contact ? outward(contact.link, contact.name || t("fact.unnamed")) : t(known ? "fact.no_contact" : "fact.contact_unknown")),
      contact?.title ? fact("title", contact.title) : null,
      contact ? fact("phone", contact.phone ? h("a", { href: `tel:${contact.phone.replace(/[^+\d]/g, "")}` }, contact.phone) : t("fact.no_phone")) : null,
      last ? fact("sequence", [outward(last.contact_link, t("fact.sequence_ran", { from: shortDay(last.enrolled_at), to: shortDay(last.ended_at) })), " ", h("span", { class: "quiet" }, last.text)]) : null,
      last ? fact("period", t("fact.period_days", { days: days(last.enrolled_at, last.ended_at), period: last.period_days })) : null,
      endings.length > 1 ? fact("earlier", t("fact.earlier_endings", { count: endings.length - 1 })) : null),
    h("p", { class: "links" }, h("a", { href: `#/company/${company.id}` }, t("case.why"))));
}

const fact = (key, value) => h("div", { "data-key": key }, h("dt", {}, t(`fact.${key}`)), h("dd", {}, value));

function judgement({ case: { recommendation }, criteria }) {
  return h("section", { "aria-labelledby": "judgement-title", "data-key": "judgement" },
    h("h3", { id: "judgement-title" }, t("case.criteria")),
    h("p", { class: "advice" }, h("span", { class: "unseen" }, t("head.recommendation")), " ",
      chip("recommendation", recommendation, t(`recommendation.${recommendation}`)), " ", t(`because.${recommendation}`)),
    h("ul", { class: "criteria" }, criteria.map((one) =>
      h("li", { "data-key": one.name, "data-value": one.verdict },
        mark(one.verdict, one.verdict_text), h("span", { class: "criterion" }, one.text), records(one.records)))));
}

function records(all) {
  if (!all.length) return null;
  return h("span", { class: "records" },
    all.length > SHOWN ? h("span", {}, t("case.more", { count: all.length - SHOWN })) : null,
    [...all].sort((a, b) => (a.at < b.at ? -1 : 1)).slice(-SHOWN).map((one) => outward(one.link, shortDay(one.at), { "aria-label": `${one.text} ${day(one.at)}`, title: `${one.text} ${moment(one.at)}` })));
}

const kind = (one) => (one.response ? "response" : one.counts ? "touch" : "other");

function happenings({ timeline, audit }) {
  const entries = [...timeline].sort((a, b) => (a.at < b.at ? 1 : -1));
  return h("section", { class: "history", "aria-labelledby": "timeline-title", "data-key": "timeline" },
    h("h3", { id: "timeline-title" }, t("case.timeline")),
    entries.length ? h("ol", { class: "timeline", tabindex: "0", "aria-labelledby": "timeline-title" }, entries.map((one) => {
      const uncounted = one.what === "call_out";
      return h("li", { "data-key": `${one.record}-${one.id}-${one.what}`, "data-kind": kind(one), "data-uncounted": uncounted },
        time(one.at, shortDay(one.at)), h("span", { class: "happened" }, outward(one.link, one.text)));
    })) : empty(t("case.no_timeline")),
    h("h3", { id: "log-title" }, t("case.log")),
    h("ol", { class: "log", tabindex: "0", "aria-labelledby": "log-title" }, [...audit].reverse().map((one) =>
      h("li", { "data-key": `${one.at} ${one.what}` }, time(one.at), " ", h("strong", {}, nameOf(one.by)), " · ", one.text,
        one.note ? h("p", { class: "quiet" }, one.note) : null))));
}

function comments(app, { case: row, comments: all }) {
  return h("section", { class: "comments", "aria-labelledby": "comments-title", "data-key": "comments" },
    h("h3", { id: "comments-title" }, t("case.comments")),
    all.length ? h("ol", { class: "said", tabindex: "0", "aria-labelledby": "comments-title" }, all.map((one) =>
      h("li", { "data-key": `${one.at} ${one.by}` }, h("p", { class: "quiet" }, h("strong", {}, person(one.by)), " ", time(one.at)), h("p", { class: "body" }, one.text)))) : null,
    may(app, "comment") ? h("form", { "data-form": "comment", "data-key": "comment" },
      h("label", { for: "comment", class: "unseen" }, t("case.comment")),
      written("comment", `${row.id}/comment`, { placeholder: t("case.comment_hint"), required: true }),
      h("button", busy(app, "comment"), t("do.comment"))) : null);
}

const written = (id, place, more) => h("textarea", { id, name: id, rows: "2", maxlength: "2000", "data-draft": place, ...more }, draft(place));

function decision(app, data) {
  const { case: row, decision: made } = data;
  if (row.state === "withdrawn") {
    return h("section", { class: "decide done", "data-key": "withdrawn" }, h("h3", {}, t("case.withdrawn")), h("p", {}, data.withdrawn_because), kept(app), onward(), reopening(app, row));
  }
  if (made && !UNDECIDED.includes(row.state)) return decided(app, data);
  const waiting = row.state === "waiting" ? waits(data) : null;
  if (!DECIDING.some((step) => may(app, step))) {
    return waiting ? h("section", { class: "decide done", "data-key": "waiting" }, h("h3", {}, t("state.waiting")), waiting, kept(app), onward()) : null;
  }
  return h("section", { class: "decide", "aria-labelledby": "decide-title", "data-key": "decide" },
    h("h3", { id: "decide-title" }, t("case.decision")),
    made?.what === "needs_more" ? h("p", { class: "quiet" }, t("case.asked", { name: nameOf(made.by), question: made.reason })) : null,
    h("div", { class: "choices", role: "group", "aria-labelledby": "decide-title" }, Object.entries(DECISIONS).map(([key, what]) =>
      act("choose", [t(`decide.${what}`), unsent(app, row, what)], { "data-what": what, "aria-pressed": String(app.choosing === what), "data-key": what, "aria-keyshortcuts": key }, key))),
    app.choosing ? form(app, data, data.choices.find((one) => one.what === app.choosing)) : h("p", { class: "quiet", "data-key": "hint" }, t("case.choose_hint")));
}

function waits({ waiting_for: wait, decision: made }) {
  return [wait ? h("p", {}, outward(wait.task_link, wait.text), " ", h("span", { class: "quiet" }, t("case.waits_until", { day: day(wait.until) }))) : null,
    made?.what === "needs_more" ? h("p", { class: "quiet" }, t("case.asked", { name: nameOf(made.by), question: made.reason })) : null];
}

function form(app, { case: row, undo_minutes: minutes }, choice) {
  const { what } = choice;
  const place = `${row.id}/${what}`;
  return h("form", { "data-form": "decide", "data-key": what, class: "deciding" },
    h("fieldset", {}, h("legend", {}, t(what === "needs_more" ? "case.question" : "case.reason")),
      choice.reasons.map((words) => reason(words, words)), reason("", t("case.own_words"))),
    h("p", { class: "field" }, h("label", { for: "words" }, t(`case.words.${what}`)), written("words", place, {})),
    h("div", { class: "effects" }, h("h4", {}, t("case.will_happen")),
      h("ol", {}, choice.effects.map((effect) => h("li", { "data-key": effect.effect }, effect.text))),
      what === "needs_more" ? null : h("p", { class: "quiet" }, t("case.begins_after", { count: minutes }))),
    h("p", { class: "buttons" },
      h("button", { class: "main", "aria-keyshortcuts": "Control+Enter", ...busy(app, "decide") }, t(`confirm.${what}`), h("kbd", { "aria-hidden": "true" }, "ctrl ↵")),
      act("cancel", t("do.cancel"), {}, "esc")));
}

const reason = (value, words) => h("label", { class: "reason", "data-key": `reason ${value}` },
  h("input", { type: "radio", name: "reason", value }), h("span", {}, words));

function decided(app, { case: row, decision: made, undo_minutes: minutes }) {
  const left = new Date(made.undo_until) - app.now();
  const open = may(app, "undo") && left > 0;
  return h("section", { class: "decide done", "aria-labelledby": "done-title", "data-key": "decided" },
    h("h3", { id: "done-title", tabindex: "-1" }, verdict(made)),
    h("p", {}, made.reason),
    made.feedback ? h("p", { class: "body quiet" }, made.feedback) : null,
    h("p", { class: "quiet" }, time(made.at), " · ", t(row.state === "effected" ? "made.effected" : left > 0 ? "made.begins" : "made.under_way", { count: minutes })),
    open ? h("p", { class: "buttons", "data-key": "undo" }, act("undo", t("do.undo"), busy(app, "undo"), "u"),
      h("span", { class: "quiet", id: "left", "data-until": made.undo_until }, remaining(left))) : null,
    kept(app), onward(), reopening(app, row));
}

// What somebody was writing when the case went another way.
const kept = (app) => (app.lost ? h("div", { class: "lost", "data-key": "lost" }, h("p", { class: "quiet" }, t("case.yours_kept")), h("p", { class: "body" }, app.lost)) : null);

// Words that were written about a choice and not sent are found again.
const unsent = (app, row, what) => (app.choosing !== what && draft(`${row.id}/${what}`) ? h("span", { class: "quiet" }, t("case.draft")) : null);

export const verdict = (made) => t(made.mine ? "made.you" : "made.other", { name: nameOf(made.by), what: t(`made.${made.what}`) });
const remaining = (left) => {
  const seconds = Math.max(0, Math.ceil(left / 1000));
  return t("made.left", { left: `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` });
};
const onward = () => h("p", { class: "buttons", "data-key": "onward" }, act("next", t("do.next"), { class: "main" }, "n"));

function reopening(app, row) {
  if (!may(app, "reopen")) return null;
  const place = `${row.id}/reopen`;
  return h("details", { "data-key": "reopen", open: Boolean(draft(place)) }, h("summary", {}, t("do.reopen")),
    h("form", { "data-form": "reopen" },
      h("p", { class: "field" }, h("label", { for: "why" }, t("case.why_reopen")), written("why", place, { required: true })),
      h("p", { class: "buttons" }, h("button", busy(app, "reopen"), t("do.reopen")))));
}

// ------------------------------------------------------------------------------------------------------ what is done

const sentences = (first, then) => (first && then ? `${first}${/[.?!]$/.test(first) ? "" : "."} ${then}` : first || then);

const seen = (app) => ({ version: app.data.case.version });
const step = (app, name, body) => app.take(app.data.case.id, name, body);

async function choose(app, what) {
  const { claim } = app.data.case;
  if (!may(app, "decide") && !may(app, "ask") && !may(app, "claim")) {
    if (claim && !claim.mine) app.say(t("claim.theirs", { name: nameOf(claim.by), clock: clock(claim.until) }));
    document.querySelector("[data-do=take_over]")?.focus();
    return;
  }
  // Whoever decides has the case: choosing takes it.
  if (may(app, "claim") && !claim?.mine && !(await step(app, "claim"))) return;
  app.choosing = what;
  app.showAll();
  document.querySelector("[data-form=decide] input")?.focus();
}

function following(app) {
  const place = app.following.findIndex((one) => one.id === app.data.case.id);
  return app.following.slice(place + 1).find((one) => !one.claim || one.claim.mine);
}

function onwards(app) {
  const free = following(app);
  app.go(free ? `#/case/${free.id}` : app.back ?? "#/");
}

async function undo(app) {
  if (!(await step(app, "undo", seen(app)))) return;
  app.say(t("news.undone"));
  document.querySelector("[data-do=choose]")?.focus();
}

export const actions = {
  claim: async (app) => {
    if (await step(app, "claim")) document.querySelector("[data-do=choose]")?.focus();
  },
  take_over: async (app) => {
    if (await step(app, "take-over", seen(app))) document.querySelector("[data-do=choose]")?.focus();
  },
  release: async (app) => {
    if (!(await step(app, "release"))) return;
    app.choosing = null;
    app.showAll();
    document.querySelector("[data-do=claim]")?.focus();
  },
  choose: (app, button) => choose(app, button.dataset.what),
  cancel: (app) => {
    const before = app.choosing;
    app.choosing = null;
    app.showAll();
    document.querySelector(`[data-what=${before}]`)?.focus();
  },
  undo,
  next: onwards,
};

export const forms = {
  comment: async (app, form) => {
    const field = form.elements.comment;
    const text = field.value.trim();
    if (!text || !(await step(app, "comments", { text }))) return;
    field.value = "";
    keepDraft(field.dataset.draft, "");
    app.say(t("news.commented"));
  },
  reopen: async (app, form) => {
    const field = form.elements.why;
    if (!(await step(app, "reopen", { ...seen(app), reason: field.value.trim() }))) return;
    keepDraft(field.dataset.draft, "");
    document.querySelector("[data-do=claim]")?.focus();
  },
  decide: async (app, form) => {
    const what = app.choosing;
    const { words, reason: chosen } = form.elements;
    const own = words.value.trim();
    if (!chosen.value && !own) {
      app.say(t("case.reason_missing"));
      app.refuse(t("case.reason_missing"));
      (form.querySelector("input:checked") ? words : form.querySelector("input")).focus();
      return;
    }
    const body = what === "needs_more"
      ? { ...seen(app), question: sentences(chosen.value, own) }
      : { ...seen(app), what, reason: chosen.value || own, ...(own && chosen.value ? { feedback: own } : {}) };
    if (await step(app, what === "needs_more" ? "ask" : "decision", body)) {
      keepDraft(words.dataset.draft, "");
      app.choosing = null;
      app.showAll();
      app.say(what === "needs_more" ? t("news.asked") : verdict(app.data.decision));
      (document.querySelector("[data-do=next]") ?? document.getElementById("title")).focus();
    }
  },
};

export function keys(app, key, event) {
  if (key === "Escape") {
    if (app.choosing) actions.cancel(app);
    else if (event.target.matches("textarea")) document.getElementById("title").focus();
    else app.go(app.back ?? "#/");
    return true;
  }
  const button = (name) => document.querySelector(`[data-do=${name}]`);
  if (Object.hasOwn(DECISIONS, key) && button("choose")) choose(app, DECISIONS[key]);
  else if (key === "c" && button("claim")) actions.claim(app);
  else if (key === "u" && button("undo")) undo(app);
  else if (key === "n") onwards(app);
  else return false;
  return true;
}

// Once a second: the time that is left to undo, and a claim that goes on while its holder works.
export function tick(app) {
  if (!app.data) return;
  const shown = document.getElementById("left");
  if (shown) {
    const left = new Date(shown.dataset.until) - app.now();
    shown.textContent = remaining(left);
    if (left <= 0) app.showAll();
  }
  const { claim } = app.data.case;
  const ending = claim?.mine && new Date(claim.until) - app.now() < RENEW_WITHIN;
  if (!ending || !may(app, "renew") || Date.now() - app.active > ACTIVE_WITHIN || Date.now() - renewed < RENEW_AGAIN) return;
  renewed = Date.now();
  step(app, "renew");
}

// What a person who does not see the page would miss, said once; and what they were writing when somebody was first.
export function noticed(app, before, now) {
  const [was, is] = [before.case, now.case];
  const made = now.decision;
  const told = [];
  if (is.claim && !is.claim.mine && was.claim?.by !== is.claim.by) told.push(t("news.claimed", { name: nameOf(is.claim.by) }));
  if (made && !before.decision && !made.mine) told.push(verdict(made));
  for (const [news, here, there] of [["news.looks", is, was], ["news.gone", was, is]]) {
    const names = here.looking.filter((who) => !there.looking.includes(who)).map(nameOf);
    if (names.length) told.push(t(news, { names: listed(names) }));
  }
  if (app.choosing && !made?.mine && !DECIDING.some((step) => now.may.includes(step))) {
    app.lost = draft(`${is.id}/${app.choosing}`);
    app.choosing = null;
    if (app.lost) told.push(t("news.yours_kept"));
  }
  if (told.length) app.say(told.join(" "));
}
