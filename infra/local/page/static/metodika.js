// The middle while a company is chosen: its card in Metodika.

import { h } from "./dom.js";

export function cards(view, ui) {
  const company = view.companies.find((one) => one.id === ui.company);
  if (!company.cards.length) {
    return h("p", { class: "empty", "data-key": `none-${company.id}` },
      company.number ? "Ingen kundekort har dette organisasjonsnummeret." : "Uten organisasjonsnummer finnes ikke kundekortet.");
  }
  return company.cards.map((card) =>
    h("article", { class: "card", "data-key": card.id, "aria-label": `Kundekortet til ${card.name}` },
      h("h3", {}, card.name),
      h("dl", {},
        row("PFA/KAM", card.manager, card.role),
        row("Nøkkelinformasjon", card.key_information),
        row("Aktive bestillinger", card.orders.length ? h("ul", {}, card.orders.map((order) =>
          h("li", { "data-key": order.id }, order.title, h("span", { class: "quiet" }, ` · ${order.whose}`)))) : "ingen"),
        row("Dokumenter", card.documents.map((one) => one.what).join(", ") || "ingen")),
      h("section", { "aria-label": "Oppgaver i Metodika" },
        h("h4", {}, "Oppgaver"),
        card.tasks.length ? h("ul", { class: "tasks" }, card.tasks.map(task)) : h("p", { class: "empty" }, "Ingen oppgaver."))));
}

function row(what, ...tells) {
  return h("div", {}, h("dt", {}, what), tells.filter(Boolean).map((one, place) => h("dd", { class: place ? "quiet" : null }, one)));
}

function task(one) {
  return h("li", { "data-key": one.id, "data-done": one.done },
    h("details", {},
      h("summary", {},
        h("span", { class: "subject" }, one.subject),
        h("span", { class: "quiet" }, one.done ? "fullført" : `frist ${one.due}`, ` · ${one.owner}`)),
      h("div", { class: "body" }, one.body)));
}
