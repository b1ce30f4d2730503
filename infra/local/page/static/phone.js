// The middle: the chosen contact's phone.

import { h } from "./dom.js";

const QUICK = ["Ja, ring meg gjerne", "STOPP"];

export function device(view, ui) {
  const contact = view.contacts.find((one) => one.id === ui.chosen);
  if (!contact) return null;
  const { messages, no_sms: noSms } = contact.phone;
  return h("div", { class: "device", "data-key": contact.id, "data-off": Boolean(noSms) },
    h("div", { class: "bezel", "aria-hidden": "true" }),
    h("header", {},
      h("span", { class: "face", "aria-hidden": "true" }, "A"),
      h("p", {}, h("strong", {}, "Avonova"), h("span", { class: "quiet" }, `Telefonen til ${contact.name}`))),
    h("ol", { class: "messages", id: "messages", "data-count": String(messages.length), tabindex: "0",
      "aria-label": `Meldinger på telefonen til ${contact.name}` },
    messages.map(bubble),
    messages.length ? null : h("li", { class: "empty", "data-key": "empty" }, noSms ?? `Ingen meldinger. Her ser du det ${contact.first_name} ser.`)),
    noSms ? null : replying(ui, contact));
}

function bubble(message) {
  return h("li", { class: message.ours ? "bubble ours" : "bubble", "data-key": message.id },
    h("p", {}, h("span", { class: "unseen" }, message.ours ? "Kunden skrev: " : "Avonova skrev: "), message.text),
    h("p", { class: "quiet" }, message.at, message.state ? ` · ${message.state}` : ""));
}

function replying(ui, contact) {
  const busy = ui.sending.has("reply") ? "true" : null;
  return h("form", { class: "reply", "data-form": "reply", "aria-label": `Skriv fra telefonen til ${contact.name}` },
    h("div", { class: "quick" }, QUICK.map((text) =>
      h("button", { type: "button", "data-do": "quick", "data-text": text, "aria-disabled": busy }, text))),
    h("input", { name: "text", "aria-label": "SMS til Avonova", placeholder: "SMS", maxlength: "600", autocomplete: "off", required: true }),
    h("button", { type: "submit", class: "main", "aria-label": "Send", "aria-disabled": busy }, "↑"));
}
