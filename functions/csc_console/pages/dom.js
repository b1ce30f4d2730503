// Elements built from plain values, and the page brought up to them in place: what has not changed is not touched,
// so that focus, typed text, open folds and scrolling stay. Text only ever becomes text nodes.

export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// A control with its label beside it, so that the label's words are the control's name and nothing more.
export function field(label, control, kind = "field") {
  return h("p", { class: kind }, h("label", { for: control.id }, label), control);
}

export function choices(id, attributes, options, chosen) {
  return h("select", { id, ...attributes }, options.map(([value, words]) =>
    h("option", { value, "data-key": value || "none", selected: value === chosen }, words)));
}

export function show(root, ...wanted) {
  const first = !root.hasAttribute("data-shown");
  bring(root, h("div", {}, ...wanted).childNodes, first);
  root.setAttribute("data-shown", "");
}

const key = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.getAttribute("data-key") : null);
const alike = (old, wanted) => old.nodeType === wanted.nodeType && old.nodeName === wanted.nodeName && key(old) === key(wanted);

function bring(root, wantedNodes, first) {
  const keyed = new Map([...root.children].filter(key).map((child) => [key(child), child]));
  let place = root.firstChild;
  for (const wanted of [...wantedNodes]) {
    const known = key(wanted) ? keyed.get(key(wanted)) : place && !key(place) && alike(place, wanted) ? place : null;
    if (!known || !alike(known, wanted)) {
      // Marked, so that only what is new comes gently into view.
      if (!first && key(wanted)) wanted.setAttribute("data-new", "");
      root.insertBefore(wanted, place);
      continue;
    }
    if (known === place) place = place.nextSibling;
    else root.insertBefore(known, place);
    if (known.nodeType === Node.TEXT_NODE) {
      if (known.data !== wanted.data) known.data = wanted.data;
    } else {
      dress(known, wanted);
      bring(known, wanted.childNodes, first);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function dress(old, wanted) {
  for (const { name, value } of [...wanted.attributes]) {
    // Whether a fold is open is the reader's own choice once it stands there.
    if (name === "open" || old.getAttribute(name) === value) continue;
    old.setAttribute(name, value);
    if (name === "selected") old.selected = true;
  }
  for (const { name } of [...old.attributes]) {
    if (!wanted.hasAttribute(name) && name !== "open" && name !== "data-new") old.removeAttribute(name);
  }
}
