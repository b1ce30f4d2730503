// The right: the routine's rules, and what the system did about each happening.

import { choices, field, h } from "./dom.js";

const MODES = [["on", "På"], ["hold", "Holdt tilbake"], ["shadow", "Bare vis"]];
const HOURS = [["always", "Hele døgnet"], ["usual", "Hverdager 8–16"], ["soon", "Stengt, åpner om to minutter"]];
const SIGNS = { done: "✓", started: "◐", pending: "○", waiting: "◷", refused: "✕", unsure: "?", dropped: "–", shadow: "◌", held: "‖", hop: "•" };
const BOXES = { verified: "✓", ticked: "x", open: "☐" };
const OPEN = 2;

export function rules(view, ui) {
  const { mode, hours, opens, held } = view.rules;
  const all = hours === "custom" ? [...HOURS, ["custom", `Åpner kl. ${opens}`]] : HOURS;
  const busy = ui.sending.has("rules");
  return h("div", { class: "rules", role: "group", "aria-label": "Rutinen for ubesvarte anrop", "aria-busy": busy ? "true" : null },
    field("Rutinen", choices("mode", { "data-rule": "mode" }, MODES, mode)),
    field("Kontakttid", choices("hours", { "data-rule": "hours" }, all, hours)),
    held && mode === "on" ? h("button", { type: "button", "data-do": "release" }, held === 1 ? "Slipp den ene som holdes" : `Slipp de ${held} som holdes`) : null,
    view.set_aside ? h("p", { class: "warn" }, `${view.set_aside} lagt til side etter feil`) : null);
}

export function cases(view, ui) {
  if (!view.cases.length) return guide();
  return view.cases.map((one, place) =>
    h("details", { class: "case", "data-key": one.key, "data-mine": ui.company ? one.company_id === ui.company : one.contact_id === ui.chosen, open: place < OPEN },
      h("summary", {},
        h("span", { class: "title" }, h("strong", {}, one.contact), ` ${one.title}`),
        h("span", { class: "quiet" }, one.at),
        h("span", { class: "chip", "data-state": one.state }, one.word)),
      h("p", { class: "because" }, one.because),
      boxes(one.boxes),
      h("ol", { class: "steps" }, one.steps.map((step, number) => row(step, number)))));
}

function boxes(all) {
  if (!all.length) return null;
  return h("ul", { class: "boxes", "aria-label": "Punktene i overtakelsen" }, all.map((box) =>
    h("li", { "data-key": box.id, "data-state": box.state, title: `${box.id}: ${box.word}` },
      h("span", { class: "sign", "aria-hidden": "true" }, BOXES[box.state]),
      h("span", {}, box.what, h("span", { class: "unseen" }, `: ${box.word}`)))));
}

function row(step, number) {
  const told = step.word && !["utført", ""].includes(step.word) ? step.word : "";
  return h("li", { "data-state": step.state, "data-key": `${number} ${step.what}` },
    h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[step.state] ?? "•"),
    h("span", { class: "what" }, step.what,
      told || step.reason ? h("span", { class: "quiet" }, ` ${[told, step.reason].filter(Boolean).join(": ")}`) : null),
    h("time", { title: step.clock || null }, step.after));
}

function guide() {
  return h("div", { class: "guide", "data-key": "guide" },
    h("p", {}, "Ingenting har hendt ennå. Prøv dette:"),
    h("ol", {},
      h("li", {}, "Velg Anne Berg til venstre, og logg en samtale som «Ikke svar»."),
      h("li", {}, "Se SMS-en komme på telefonen, og e-postoppgaven med ferdig tekst i HubSpot."),
      h("li", {}, "Svar fra telefonen. Rådgiveren får en oppgave om å ringe."),
      h("li", {}, "Skriv STOPP, logg ett anrop til, og les hvorfor det ikke kommer noen SMS."),
      h("li", {}, "Velg Fjellbygg AS, og bytt eier. Se oppgavene i HubSpot og på kundekortet, og punktene her."),
      h("li", {}, "Prøv Frida (fasttelefon), Geir (uten nummer) og Hanne (reservert), eller steng kontakttiden.")));
}
