// One key, one thing: what is pressed outside a field goes to the page that is open.

const OFF = "keys-off";
const FIELDS = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";

export const keysOn = () => localStorage.getItem(OFF) === null;

export function turnKeys(on) {
  if (on) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "yes");
}

// `press(key, event)` says whether it did something with the key.
export function listen(press) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      const form = event.target.closest("form");
      if (form) {
        event.preventDefault();
        form.requestSubmit();
      }
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    const writing = event.target.matches(FIELDS);
    // A single letter can be turned off: who dictates to their machine says many of them.
    if (event.key.length === 1 && (writing || !keysOn())) return;
    if (writing && event.key !== "Escape" && !event.target.matches("[data-keys]")) return;
    if (press(event.key, event)) event.preventDefault();
  });
}

// Moves among what can be walked through, and says where one is now.
export function walk(selector, step) {
  const all = [...document.querySelectorAll(selector)];
  if (!all.length) return null;
  const at = all.indexOf(document.activeElement);
  const current = at >= 0 ? at : all.findIndex((one) => one.hasAttribute("data-selected"));
  const next = all[current < 0 ? 0 : at < 0 ? current : Math.min(all.length - 1, Math.max(0, current + step))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return next;
}
