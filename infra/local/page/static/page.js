// The page: asks for everything again and again, shows it, and sends what a person does.

import { h, show } from "./dom.js";
import { companies, record } from "./crm.js";
import { cards } from "./metodika.js";
import { device } from "./phone.js";
import { cases, rules } from "./system.js";

const BUSY = 600, IDLE = 4000, LOST = 10000;
const at = (id) => document.getElementById(id);

const ui = { chosen: null, company: null, sending: new Set() };
let view = null, tag = null, pause = BUSY, timer = 0, asking = false, before = null;

// Each part of the page, and what it is made of.
const PARTS = {
  companies: () => companies(view, ui),
  record: () => record(view, ui),
  "beside-title": () => (ui.company ? "Kundekortet i Metodika" : "Kundens telefon"),
  device: () => (ui.company ? null : device(view, ui)),
  cards: () => (ui.company ? cards(view, ui) : null),
  rules: () => rules(view, ui),
  cases: () => cases(view, ui),
};

function showAll() {
  for (const [id, make] of Object.entries(PARTS)) show(at(id), make());
  const log = at("messages");
  if (log && log.dataset.count !== log.dataset.scrolled) {
    log.scrollTop = log.scrollHeight;
    log.dataset.scrolled = log.dataset.count;
  }
}

const company = () => view.companies.find((one) => one.id === ui.company);
const contact = () => view.contacts.find((one) => one.id === ui.chosen);

function tellOfNews() {
  // What a person who does not see the page would miss.
  const now = new Map();
  for (const one of view.contacts) {
    for (const message of one.phone.messages) if (!message.ours) now.set(`m${message.id}`, `Ny SMS på telefonen til ${one.name}.`);
    for (const task of one.tasks) if (!task.done) now.set(`t${task.id}`, `Ny oppgave i HubSpot: ${task.subject}.`);
  }
  for (const one of view.companies) {
    for (const task of one.tasks) if (!task.done) now.set(`t${task.id}`, `Ny oppgave i HubSpot: ${task.subject}.`);
    for (const task of one.cards.flatMap((card) => card.tasks)) if (!task.done) now.set(`k${task.id}`, `Ny oppgave i Metodika: ${task.subject}.`);
  }
  const news = before ? [...now].filter(([id]) => !before.has(id)).map(([, words]) => words) : [];
  before = now;
  if (news.length) at("news").textContent = news.join(" ");
}

function link(state, words) {
  const shown = at("link");
  if (shown.dataset.state !== state) {
    shown.dataset.state = state;
    shown.textContent = words;
  }
}

async function look() {
  clearTimeout(timer);
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch("/api/view", { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
    if (answer.status === 304) {
      pause = Math.min(pause * 1.25, IDLE);
    } else if (answer.ok) {
      tag = answer.headers.get("ETag");
      view = await answer.json();
      if (!company()) ui.company = null;
      if (!contact()) ui.chosen = view.contacts[0]?.id ?? null;
      showAll();
      tellOfNews();
      pause = BUSY;
    } else {
      throw new Error((await answer.json()).message);
    }
    link("live", "Direkte");
  } catch {
    pause = Math.min(pause * 2, LOST);
    link("lost", "Ingen forbindelse. Prøver igjen.");
  } finally {
    asking = false;
    if (!document.hidden) timer = setTimeout(look, pause);
  }
}

function lookSoon() {
  pause = BUSY;
  look();
}

async function send(path, content, label) {
  if (ui.sending.has(label)) return false;
  ui.sending.add(label);
  showAll();
  show(at("trouble"));
  try {
    const answer = await fetch(path, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content),
    });
    if (!answer.ok) throw new Error((await answer.json()).message);
    return true;
  } catch (failed) {
    const words = failed instanceof TypeError ? "Prøvestanden svarte ikke." : failed.message;
    show(at("trouble"), h("p", {}, words), h("button", { type: "button", "data-do": "dismiss" }, "Lukk"));
    return false;
  } finally {
    ui.sending.delete(label);
    showAll();
    lookSoon();
  }
}

// What concerns the rules is done one after the other, the last choice last.
let turn = Promise.resolve();
function inTurn(path, content) {
  turn = turn.then(() => send(path, content, "rules"));
}

const DO = {
  open: (button) => {
    ui.company = button.dataset.company;
    showAll();
    at("news").textContent = `${company().name} er valgt.`;
  },
  choose: (button) => {
    ui.chosen = button.dataset.contact;
    ui.company = null;
    showAll();
    at("news").textContent = `${contact().name} er valgt.`;
  },
  // A button that goes away hands the focus on.
  complete: (button) => {
    button.closest("details").querySelector("summary").focus();
    return send("/api/tasks/completed", { task: button.dataset.task }, button.dataset.task);
  },
  quick: (button) => send("/api/replies", { contact: ui.chosen, text: button.dataset.text }, "reply"),
  release: () => {
    at("mode").focus();
    inTurn("/api/release", {});
  },
  dismiss: () => {
    at("record").focus({ preventScroll: true });
    show(at("trouble"));
  },
};

const FORMS = {
  call: async (form) => {
    const given = Object.fromEntries(new FormData(form));
    if (await send("/api/calls", { contact: ui.chosen, ...given }, "call")) at("news").textContent = "Samtalen er logget.";
  },
  sequence: async (form) => {
    const given = Object.fromEntries(new FormData(form));
    if (await send("/api/sequences", { contact: ui.chosen, ...given }, "sequence")) at("news").textContent = "Sequence er avsluttet.";
  },
  owner: async (form) => {
    const given = Object.fromEntries(new FormData(form));
    if (await send("/api/owners", { company: ui.company, ...given }, "owner")) at("news").textContent = "Eieren er byttet.";
  },
  reply: async (form) => {
    const given = Object.fromEntries(new FormData(form));
    if (await send("/api/replies", { contact: ui.chosen, ...given }, "reply")) form.reset();
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button && button.getAttribute("aria-disabled") !== "true") DO[button.dataset.do](button);
});
document.addEventListener("submit", (event) => {
  event.preventDefault();
  FORMS[event.target.dataset.form](event.target);
});
document.addEventListener("change", (event) => {
  const name = event.target.dataset.rule;
  if (name) inTurn("/api/rules", { [name]: event.target.value });
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) lookSoon(); });

look();
