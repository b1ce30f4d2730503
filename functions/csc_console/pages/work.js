// What waits for an adviser: own customers' cases, takeovers and tasks. To be read; the work itself is done in HubSpot.

import { takeover } from "./company.js";
import { h } from "./dom.js";
import { walk } from "./keys.js";
import { empty, outward, t, time } from "./parts.js";
import { row } from "./queue.js";

export const title = () => t("work.title");
export const load = (app) => app.api.work();

export function view(app) {
  const { cases, takeovers, tasks } = app.data;
  const open = takeovers.filter((one) => !one.finished);
  return h("article", { class: "page", "data-key": "work" },
    h("h2", { id: "title", tabindex: "-1" }, t("work.title")),
    h("p", { class: "quiet" }, t("work.read_only")),
    part("tasks", tasks.length, h("ul", { class: "panel list" }, tasks.map((one) =>
      h("li", { "data-key": one.id }, outward(one.link, one.subject), one.due ? h("span", { class: "quiet" }, t("work.due"), " ", time(one.due)) : null)))),
    part("cases", cases.length, h("ol", { class: "rows" }, cases.map((one) => row(app, one)))),
    part("takeovers", open.length, h("ol", { class: "cards" }, open.map((one) =>
      h("li", { "data-key": `${one.company_id} ${one.at}` }, takeover(one, false), h("p", { class: "links" }, h("a", { href: `#/company/${one.company_id}` }, t("case.why"))))))));
}

const part = (name, count, list) => h("section", { "aria-labelledby": `${name}-title`, "data-key": name },
  h("h3", { id: `${name}-title` }, t(`work.${name}`), " ", h("span", { class: "quiet" }, String(count))), count ? list : empty(t(`work.no_${name}`)));

export function keys(app, key) {
  if (key === "j" || key === "ArrowDown") return Boolean(walk("[data-walk]", 1));
  if (key === "k" || key === "ArrowUp") return Boolean(walk("[data-walk]", -1));
  return false;
}

export const actions = {};
