// Why did this happen? Every plan that touched a customer with its reason, also those that did nothing.

import { h } from "./dom.js";
import { chip, empty, grouped, mark, named, outward, owner, t, time } from "./parts.js";

const SIGNS = { done: "✓", started: "◐", refused: "✕", unsure: "?" };

export const title = (app) => t("company.title", { name: app.data.history.company.name });

export async function load(app) {
  const { id, params } = app.route;
  const sees = (operation) => app.me.may.includes(operation);
  const [history, found] = await Promise.all([
    app.api.history(id, { cursor: params.before }), sees("company_takeovers") ? app.api.takeovers(id) : { takeovers: [] },
  ]);
  return { history, takeovers: found.takeovers };
}

export function view(app) {
  const { history, takeovers } = app.data;
  const { company } = history;
  return h("article", { class: "page", "data-key": `company-${company.id}` },
    h("header", { class: "case-head" },
      app.back ? h("a", { class: "back", href: app.back }, h("span", { "aria-hidden": "true" }, "←"), " ", t("case.back")) : null,
      h("h2", { id: "title", tabindex: "-1" }, company.name),
      h("p", { class: "quiet" }, grouped(company.organisation_number)),
      h("p", {}, t("head.owner"), ": ", owner(history.owner)),
      h("p", { class: "holder" }, outward(company.link, t("open_in_hubspot")))),
    takeovers.length ? h("section", { "aria-labelledby": "takeovers-title" }, h("h3", { id: "takeovers-title" }, t("company.takeovers")),
      h("ol", { class: "cards" }, takeovers.map((one) => h("li", { "data-key": one.at }, takeover(one, true))))) : null,
    h("section", { "aria-labelledby": "stories-title" }, h("h3", { id: "stories-title" }, t("company.why")),
      history.stories.length ? h("ol", { class: "cards" }, history.stories.map(story)) : empty(t("company.nothing")),
      h("nav", { class: "pages", "aria-label": t("company.pages") },
        app.route.params.before ? h("a", { href: `#/company/${company.id}`, "data-key": "newest" }, t("company.newest")) : null,
        history.next ? h("a", { href: `#/company/${company.id}?${new URLSearchParams({ before: history.next })}`, "data-key": "older" }, t("company.older")) : null)));
}

function story(one) {
  return h("li", { class: "plan", "data-key": `${one.flow} ${one.subject}` },
    h("p", { class: "plan-head" }, h("strong", {}, named("flow", one.flow)), h("span", { class: "quiet" }, named("event", one.event)),
      h("span", { class: "quiet" }, time(one.received_at)),
      one.held_because ? chip("held", "fix_first", t("company.held")) : null),
    one.held_because ? h("p", { class: "because", lang: "nb" }, one.held_because) : null,
    one.plans.map((plan) => h("div", { "data-key": plan.planned_at },
      h("p", { class: "because", lang: "nb" }, plan.because),
      h("p", { class: "quiet" }, [one.plans.length > 1 ? time(plan.planned_at) : null, plan.responsible ? owner(plan.responsible) : null,
        plan.mode === "shadow" ? t("company.shadow") : null, plan.contact_link ? outward(plan.contact_link, t("company.contact")) : null]
        .filter(Boolean).map((said, place) => [place ? " · " : "", said])),
      plan.problems.map((problem) => h("p", { class: "problem" }, named("problem", problem))),
      plan.actions.length ? h("ol", { class: "steps" }, plan.actions.map((action) => step(action, plan.mode))) : h("p", { class: "quiet" }, t("company.no_actions")))));
}

function step(action, mode) {
  const state = action.state ?? (mode === "shadow" ? "shadow" : "pending");
  return h("li", { "data-key": action.name, "data-state": state },
    h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[state] ?? "○"),
    h("span", {}, outward(action.link, named("action", action.kind)), " ",
      h("span", { class: "quiet" }, t(`action_state.${state}`), action.reason ? h("span", { lang: "nb" }, `: ${action.reason}`) : null)),
    time(action.ended_at ?? action.started_at) ?? h("span"));
}

export function takeover(one, whole) {
  const done = one.boxes.filter((box) => box.state !== "open").length;
  return h("div", { class: "plan" },
    h("p", { class: "plan-head" },
      whole || !one.company_name ? null : h("strong", {}, outward(one.link, one.company_name)),
      h(whole ? "strong" : "span", {}, t("company.from_to", { from: owner(one.previous_owner), to: owner(one.owner) })), time(one.at),
      whole || one.company_name ? null : outward(one.link, t("open_in_hubspot")),
      chip("takeover", one.finished ? "inactive" : "keep", t("company.boxes_done", { done, all: one.boxes.length }))),
    whole ? h("ul", { class: "boxes" }, one.boxes.map((box) =>
      h("li", { "data-key": box.requirement }, mark(box.state === "open" ? "open" : "met", [named("box", box.requirement), h("span", { class: "unseen" }, ` ${t(`box_state.${box.state}`)}`)])))) : null);
}

export const actions = {};
