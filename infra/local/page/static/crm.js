// The left: companies and contacts, the chosen one's record, and the forms that log a call, end a sequence and change an owner.

import { choices, field, h } from "./dom.js";

const AGO = [["now", "Nå"], ["hour", "For en time siden"], ["day", "I går på denne tiden"], ["days", "For tre dager siden"]];
const TITLES = ["Influensavaksine til de ansatte", "Kurs i HMS for ledere", "Sykefravær og oppfølging", "Statusmøte"];

const open = (tasks) => tasks.filter((task) => !task.done).length;

export function companies(view, ui) {
  const byId = new Map(view.contacts.map((contact) => [contact.id, contact]));
  return view.companies.map((company) =>
    h("div", { class: "company", "data-key": company.id },
      h("h3", {}, h("button", { type: "button", class: "contact", "data-do": "open", "data-company": company.id,
        "aria-current": company.id === ui.company ? "true" : null },
      h("span", {}, company.name), count(open(company.tasks)))),
      h("p", { class: "quiet" }, company.owner),
      h("ul", {}, company.contacts.filter((id) => byId.has(id)).map((id) => {
        const contact = byId.get(id);
        return h("li", { "data-key": id },
          h("button", { type: "button", class: "contact", "data-do": "choose", "data-contact": id,
            "aria-current": id === ui.chosen && !ui.company ? "true" : null },
          h("span", {}, contact.name), count(open(contact.tasks))));
      }))));
}

function count(tasks) {
  return tasks ? h("span", { class: "count" }, String(tasks), h("span", { class: "unseen" }, tasks === 1 ? " åpen oppgave" : " åpne oppgaver")) : null;
}

export function record(view, ui) {
  const company = view.companies.find((one) => one.id === ui.company);
  return company ? companyRecord(view, ui, company) : contactRecord(view, ui);
}

function companyRecord(view, ui, company) {
  return h("article", { "data-key": company.id, "aria-labelledby": "company-name" },
    h("header", { class: "card-head" },
      h("h3", { id: "company-name" }, company.name),
      company.owner_id ? null : h("span", { class: "mark", "data-key": "ownerless" }, "Uten rådgiver"),
      h("p", { class: "quiet" }, [company.owner_id ? `Eier: ${company.owner}` : null, company.number ? `org.nr. ${company.number}` : "uten organisasjonsnummer"].filter(Boolean).join(" · "))),
    ownerForm(view, ui, company),
    tasks(company, ui, "Ingen oppgaver. Bytt eier, så kommer overtakelsen hit."),
    timeline(company, "Ingen møter eller notater ennå."));
}

function ownerForm(view, ui, company) {
  const others = view.advisers.filter((one) => one.id !== company.owner_id);
  const given = others.map((one) => [one.id, one.name]);
  const options = company.owner_id ? [...given, ["", "Ingen (fjern eieren)"]] : given;
  return h("form", { class: "call", "data-form": "owner", "aria-labelledby": "owner-title" },
    h("h4", { id: "owner-title" }, "Bytt eier"),
    field("Ny eier", choices("new-owner", { name: "owner" }, options, options[0]?.[0]), "field wide"),
    h("button", { type: "submit", class: "main", "aria-disabled": ui.sending.has("owner") ? "true" : null }, "Bytt eier"));
}

function contactRecord(view, ui) {
  const contact = view.contacts.find((one) => one.id === ui.chosen);
  if (!contact) return h("p", { class: "empty" }, "Portalen har ingen kontakter.");
  return h("article", { "data-key": contact.id, "aria-labelledby": "contact-name" },
    h("header", { class: "card-head" },
      h("h3", { id: "contact-name" }, contact.name),
      contact.notes.map((note) => h("span", { class: "mark", "data-key": note }, note)),
      h("p", { class: "quiet" }, [contact.company, contact.number || "uten nummer", contact.email].filter(Boolean).join(" · "))),
    callForm(view, ui, contact),
    sequenceForm(view, ui),
    tasks(contact, ui, "Ingen oppgaver. Logg en samtale som «Ikke svar», så kommer e-postoppgaven hit."),
    timeline(contact, "Ingenting er logget på kontakten ennå."));
}

function callForm(view, ui, contact) {
  const owner = view.advisers.some((one) => one.id === contact.owner_id) ? contact.owner_id : view.advisers[0]?.id;
  const outcomes = view.outcomes.map((one) => [one.id, one.name]);
  return h("form", { class: "call", "data-form": "call", "aria-labelledby": "call-title" },
    h("h4", { id: "call-title" }, "Logg en samtale"),
    field("Tittel", h("input", { id: "title", name: "title", list: "titles", value: TITLES[0], maxlength: "200", autocomplete: "off" }), "field wide"),
    h("datalist", { id: "titles" }, TITLES.map((title) => h("option", { value: title }))),
    field("Utfall", choices("outcome", { name: "outcome" }, outcomes, outcomes[0][0])),
    field("Type", choices("type", { name: "type" }, [["", "Ingen"], ...view.types.map((type) => [type, type])], "")),
    field("Tidspunkt", choices("ago", { name: "ago" }, AGO, "now")),
    field("Ringt av", choices("adviser", { name: "adviser" }, view.advisers.map((one) => [one.id, one.name]), owner)),
    h("button", { type: "submit", class: "main", "aria-disabled": ui.sending.has("call") ? "true" : null }, "Logg samtalen"));
}

function sequenceForm(view, ui) {
  const ends = view.ends.map((one) => [one.id, one.name]);
  return h("form", { class: "call", "data-form": "sequence", "aria-labelledby": "sequence-title" },
    h("h4", { id: "sequence-title" }, "Avslutt sequence"),
    field("Hvordan", choices("how", { name: "how" }, ends, ends[0][0]), "field wide"),
    h("button", { type: "submit", class: "main", "aria-disabled": ui.sending.has("sequence") ? "true" : null }, "Avslutt sequence"));
}

function tasks(record, ui, empty) {
  return h("section", { "aria-labelledby": "tasks-title" },
    h("h4", { id: "tasks-title" }, "Oppgaver"),
    record.tasks.length
      ? h("ul", { class: "tasks" }, record.tasks.map((task) => taskRow(task, ui)))
      : h("p", { class: "empty" }, empty));
}

function taskRow(task, ui) {
  return h("li", { "data-key": task.id, "data-done": task.done },
    h("details", {},
      h("summary", {},
        h("span", { class: "kind" }, task.kind),
        h("span", { class: "subject" }, task.subject),
        h("span", { class: "quiet" }, task.done ? "fullført" : `frist ${task.due}`, ` · ${task.owner}`)),
      h("div", { class: "body" }, task.body),
      task.done ? null : h("button", { type: "button", "data-do": "complete", "data-task": task.id,
        "aria-disabled": ui.sending.has(task.id) ? "true" : null }, "Merk som fullført")));
}

function timeline(record, empty) {
  return h("section", { "aria-labelledby": "timeline-title" },
    h("h4", { id: "timeline-title" }, "Tidslinje"),
    record.timeline.length
      ? h("ol", { class: "timeline" }, record.timeline.map((entry) =>
        h("li", { "data-key": entry.id },
          h("p", {}, h("strong", {}, entry.what), h("span", { class: "quiet" }, ` ${entry.at}${entry.who ? ` · ${entry.who}` : ""}`)),
          entry.body ? h("p", { class: "body" }, entry.body) : null)))
      : h("p", { class: "empty" }, empty));
}
