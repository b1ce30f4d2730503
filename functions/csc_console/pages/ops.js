// The state of the flows for whoever is on call: what stands still, why, and how to let it go.

import { h } from "./dom.js";
import { act, busy, chip, empty, mark, named, nameOf, t, time } from "./parts.js";
import { number } from "./words.js";

export const title = (app) => (app.route.id ? named("flow", app.route.id) : t("nav.ops"));

export async function load(app) {
  const flow = app.route.id;
  if (!flow) {
    const [flows, errors, changes] = await Promise.all([app.api.flows(), app.api.errors(), app.api.changes()]);
    return { flows: flows.flows, errors: errors.errors, changes: changes.changes };
  }
  if (flow === "common") return { name: flow, rules: await app.api.rules(flow) };
  const [flows, held, dead, rules] = await Promise.all([app.api.flows(), app.api.held(flow), app.api.deadLetters(flow), app.api.rules(flow)]);
  return { name: flow, flow: flows.flows.find((one) => one.name === flow), held, dead: dead.dead_letters, rules };
}

export const view = (app) => (app.data.name ? flowPage(app, app.data) : overview(app.data));

function overview({ flows, errors, changes }) {
  return h("article", { class: "page", "data-key": "ops" },
    h("h2", { id: "title", tabindex: "-1" }, t("nav.ops")),
    h("section", { "aria-labelledby": "flows-title" }, h("h3", { id: "flows-title" }, t("ops.flows")),
      table(["flow", "mode", "held", "dead", "rules"], flows.map((one) => h("tr", { "data-key": one.name },
        h("th", { scope: "row" }, h("a", { href: `#/ops/${one.name}` }, named("flow", one.name))),
        h("td", {}, mode(one)), count(one.held), count(one.dead_letters),
        h("td", {}, one.rules_problem ? h("span", { class: "problem" }, one.rules_problem) : one.rules_version ? t("ops.version", { version: one.rules_version }) : t("ops.defaults"))))),
      h("p", { class: "links" }, h("a", { href: "#/ops/common" }, t("flow.common")))),
    h("section", { "aria-labelledby": "errors-title" }, h("h3", { id: "errors-title" }, t("ops.errors")),
      errors.length ? table(["at", "service", "what", "about"], errors.map((one, place) => h("tr", { "data-key": `${one.at} ${place}` },
        h("td", {}, time(one.at)), h("td", {}, named("flow", one.service)), h("td", {}, one.what),
        h("td", { class: "quiet" }, pairs(one.about))))) : empty(t("ops.no_errors"))),
    h("section", { "aria-labelledby": "changes-title" }, h("h3", { id: "changes-title" }, t("ops.changes")),
      changes.length ? table(["at", "by", "operation", "about", "outcome"], changes.map((one, place) => h("tr", { "data-key": `${one.at} ${place}` },
        h("td", {}, time(one.at)), h("td", {}, nameOf(one.by)), h("td", {}, named("operation", one.operation)), h("td", { class: "quiet" }, pairs(one.about)),
        h("td", {}, one.outcome === undefined || one.outcome === null ? "" : one.outcome < 400 ? t("ops.done") : t("ops.refused", { status: one.outcome }))))) : empty(t("ops.no_changes"))));
}

const pairs = (about) => Object.entries(about).map(([name, value]) => `${name} ${value}`).join(" · ");
const count = (value) => h("td", {}, value ? h("strong", {}, number(value)) : h("span", { class: "quiet" }, "0"));
const table = (heads, rows) => h("div", { class: "panel", tabindex: "0", role: "group" }, h("table", {},
  h("thead", {}, h("tr", {}, heads.map((name) => h("th", { scope: "col" }, t(`ops.head.${name}`))))), h("tbody", {}, rows)));

function mode(one) {
  const colour = { on: "green", hold: "red", shadow: "amber" }[one.mode] ?? "red";
  return [mark(one.stopped_because ? "red" : colour, one.stopped_because ? t("ops.stopped") : t(`mode.${one.mode ?? "broken"}`)),
    one.stopped_because ? h("span", { class: "quiet" }, ` ${one.stopped_because}`) : null];
}

function flowPage(app, { name, flow, held, dead, rules }) {
  return h("article", { class: "page", "data-key": `ops-${name}` },
    h("header", { class: "case-head" }, h("a", { class: "back", href: "#/ops" }, h("span", { "aria-hidden": "true" }, "←"), " ", t("nav.ops")),
      h("h2", { id: "title", tabindex: "-1" }, named("flow", name)), flow ? h("p", {}, mode(flow)) : null),
    held ? h("section", { "aria-labelledby": "held-title", "data-key": "held" }, h("h3", { id: "held-title" }, t("ops.held"), " ", h("span", { class: "quiet" }, number(held.total))),
      held.total ? [
        table(["at", "event", "subject", "reason"], held.held.map((one) => h("tr", { "data-key": one.id },
          h("td", {}, time(one.held_at)), h("td", {}, named("event", one.event)), h("td", {}, one.subject), h("td", { lang: "nb" }, one.reason)))),
        h("p", { class: "buttons" }, act("release_held", t("ops.release", { count: held.total }), busy(app, "release_held")))] : empty(t("ops.no_held"))) : null,
    dead ? h("section", { "aria-labelledby": "dead-title", "data-key": "dead" }, h("h3", { id: "dead-title" }, t("ops.dead"), " ", h("span", { class: "quiet" }, number(dead.length))),
      dead.length ? [
        table(["at", "event", "subject", "reason", "act"], dead.map((one) => h("tr", { "data-key": one.id },
          h("td", {}, time(one.set_aside_at)), h("td", {}, named("event", one.event ?? "unreadable")), h("td", {}, one.subject ?? ""), h("td", {}, one.reason),
          h("td", {}, one.event ? act("redrive", t("ops.redrive"), { "data-id": one.id, ...busy(app, "redrive") }) : null)))),
        h("p", { class: "buttons" }, act("redrive_all", t("ops.redrive_all"), busy(app, "redrive")))] : empty(t("ops.no_dead"))) : null,
    history(app, rules));
}

function history(app, rules) {
  return h("section", { "aria-labelledby": "rules-title", "data-key": "rules" }, h("h3", { id: "rules-title" }, t("ops.rules")),
    h("p", { class: "quiet about" }, t("ops.rules_how")),
    rules.versions.length ? h("ol", { class: "cards" }, rules.versions.map((one) => h("li", { class: "plan", "data-key": one.version },
      h("p", { class: "plan-head" }, h("strong", {}, t("ops.version", { version: one.version })), time(one.put_at), h("span", { class: "quiet" }, nameOf(one.by)),
        one.version === rules.in_force ? chip("force", "inactive", t("ops.in_force"))
          : one.problem ? null : act("roll_back", t("ops.roll_back"), { "data-version": one.version, ...busy(app, "roll_back") })),
      one.problem ? h("p", { class: "problem" }, one.problem) : null,
      h("details", { open: one.version === rules.in_force }, h("summary", {}, t("ops.values")),
        h("pre", { tabindex: "0" }, JSON.stringify(one.rules ?? {}, null, 2)))))) : empty(t("ops.no_rules")));
}

// What concerns everything is asked once more: a second press on the same button.
async function twice(app, button, work) {
  if (app.sure !== button.dataset.do + (button.dataset.version ?? "")) {
    app.sure = button.dataset.do + (button.dataset.version ?? "");
    app.refuse(t("ops.sure"));
    return;
  }
  app.sure = null;
  await work();
}

export const actions = {
  release_held: (app, button) => twice(app, button, async () => {
    let released;
    if (await app.send("release_held", async () => { released = await app.api.release(app.data.name); })) {
      app.say(t("ops.released", { count: released.released, pace: released.per_minute }));
    }
  }),
  redrive: async (app, button) => {
    if (await app.send("redrive", () => app.api.redrive(app.data.name, [button.dataset.id]))) app.say(t("ops.redriven"));
  },
  redrive_all: (app, button) => twice(app, button, async () => {
    if (await app.send("redrive", () => app.api.redrive(app.data.name, null))) app.say(t("ops.redriven"));
  }),
  roll_back: (app, button) => twice(app, button, async () => {
    const back = { to: Number(button.dataset.version), version: app.data.rules.versions[0].version };
    if (await app.send("roll_back", () => app.api.rollBack(app.data.name, back))) app.say(t("ops.rolled_back"));
  }),
};

export const enter = (app) => { app.sure = null; };

export function keys(app, key) {
  if (key !== "Escape" || !app.route.id) return false;
  app.go("#/ops");
  return true;
}
