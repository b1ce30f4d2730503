// The console: reads the address, asks for what it names again and again, shows it, and sends what a person does.

import { Api, Problem } from "./api.js";
import * as casePage from "./case.js";
import * as company from "./company.js";
import { h, show } from "./dom.js";
import { draftsOf, forgetDrafts, keepDraft } from "./drafts.js";
import { keysOn, listen, turnKeys } from "./keys.js";
import * as login from "./login.js";
import * as ops from "./ops.js";
import { act, face, loading, nameOf, t } from "./parts.js";
import * as queue from "./queue.js";
import { speak, spoken } from "./words.js";
import * as work from "./work.js";

const SOON = 3_000, IDLE = 15_000, LOST = 30_000, SLOWER = 1.3;
const PAGES = { queue, case: casePage, company, work, ops };
const NEEDS = { queue: "count_cases", work: "my_work", ops: "list_flows" };
const at = (id) => document.getElementById(id);
const walked = () => [...document.querySelectorAll("[data-walk]")];

const app = {
  api: null, me: null, route: null, page: null, data: null, session: "none", link: "waiting", trouble: null, busy: new Set(),
  selected: null, following: [], back: null, active: 0, typing: 0,
  now: () => new Date(),
  go, say, send, take, refuse, showAll,
};

let pause = SOON, timer = 0, asking = null, shown = "", touched = 0;

// ------------------------------------------------------------------------------------------------------ the address

function read() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/");
  const known = Object.hasOwn(PAGES, name) && may(name) ? name : home();
  return { name: known, id: decodeURIComponent(rest.join("/")), params: Object.fromEntries(new URLSearchParams(query)) };
}

const may = (name) => !NEEDS[name] || app.me.may.includes(NEEDS[name]);
const home = () => Object.keys(NEEDS).find(may) ?? "work";

function go(address, { replace = false } = {}) {
  if (address === location.hash) return lookSoon();
  if (!replace) return void (location.hash = address);
  history.replaceState(null, "", address);
  arrived();
}

function arrived() {
  const before = app.route;
  app.route = { ...read(), address: location.hash };
  const same = before?.name === app.route.name && before.id === app.route.id;
  if (["queue", "work"].includes(before?.name) && ["case", "company"].includes(app.route.name)) {
    app.back = before.address || "#/";
    app.following = app.data?.cases ?? app.following;
  }
  if (app.route.name === "case") app.selected = app.route.id;
  app.page = PAGES[app.route.name];
  app.trouble = null;
  if (!same) {
    app.data = null;
    app.page.enter?.(app);
    scrollTo(0, 0);
  }
  app.arriving = !same;
  at("main").setAttribute("aria-busy", "true");
  showAll();
  lookSoon();
}

// ------------------------------------------------------------------------------------------------------- what is shown

function showAll() {
  const before = document.activeElement, place = walked().indexOf(before);
  show(at("top"), top());
  show(at("banner"), banner());
  show(at("main"), app.data ? app.page.view(app) : app.trouble ? null : loading());
  app.page?.shown?.(app);
  // What had the focus is gone: it goes to what stands in its place, or to where the page begins.
  if (!before.isConnected && app.data) (walked().slice(0, place + 1).at(-1) ?? at("title"))?.focus({ preventScroll: true });
  document.title = app.data ? `${app.page.title(app)} · kundeflyt` : "kundeflyt";
  if (app.arriving && app.data) {
    app.arriving = false;
    const back = app.route.name === "queue" && app.selected && document.querySelector(`[data-case="${CSS.escape(app.selected)}"]`);
    (back || at("title"))?.focus({ preventScroll: !back });
  }
}

function top() {
  const links = [["queue", "nav.queue"], ["work", "nav.work"], ["ops", "nav.ops"]].filter(([name]) => app.me && may(name));
  return [
    h("h1", { class: "brand" }, h("img", { src: new URL("icon.svg", import.meta.url).href, alt: "", width: "20", height: "20" }), "kundeflyt"),
    h("nav", { "aria-label": t("nav.main"), class: "main-nav" }, links.map(([name, words]) =>
      h("a", { href: `#/${name}`, "aria-current": app.route?.name === name ? "page" : null, "data-key": name }, t(words)))),
    h("p", { class: "link", "data-state": app.link, "data-key": "link" }, t(`link.${app.link}`)),
    act("help", "?", { class: "round", "aria-label": t("help.open"), "data-key": "help" }),
    app.me ? h("p", { class: "me", "data-key": "me" }, face(app.me.email, true), h("span", { title: app.me.email }, nameOf(app.me.email))) : null,
    app.me ? act("logout", t("do.log_out"), { class: "plain", "data-key": "logout" }) : null,
  ];
}

function banner() {
  if (app.session === "ended") {
    return h("div", { class: "banner", "data-key": "session" }, h("p", {}, h("strong", {}, t("session.ended")), " ", t("session.kept")),
      act("login", t("do.log_in_again"), { class: "main" }));
  }
  if (app.trouble) {
    return h("div", { class: "banner", "data-key": "trouble" },
      h("p", {}, h("strong", {}, app.trouble.what), " ", app.trouble.next ?? ""),
      act("dismiss", t("do.close")));
  }
  return null;
}

function say(words) {
  at("news").textContent = "";
  requestAnimationFrame(() => { at("news").textContent = words; });
}

function refuse(what, next = "") {
  app.trouble = { what, next };
  showAll();
}

// What goes wrong is said with what to do about it, and stays until it is read.
function tell(problem, doing) {
  if (problem instanceof login.SessionEnded) {
    app.session = "ended";
    app.link = "lost";
  } else if (problem.code === "not_in_a_group") {
    // A role that has been taken away, or given, is known by the next login.
    app.session = "ended";
  } else if (problem instanceof Problem) {
    const { decided } = problem;
    const wrong = problem.fields.map((one) => `${one.field}: ${one.text}`).join(" · ");
    app.trouble = {
      what: decided ? t("trouble.decided", { name: nameOf(decided.by), what: t(`made.${decided.what}`), reason: decided.reason }) : problem.message,
      next: [wrong, problem.next, problem.status >= 500 ? problem.request : ""].filter(Boolean).join(" "),
    };
  } else if (problem instanceof login.Lost) {
    app.link = "lost";
    if (doing) app.trouble = { what: t("trouble.lost"), next: t("trouble.kept") };
  } else {
    throw problem;
  }
}

// ------------------------------------------------------------------------------------------------------- asking again

async function look() {
  clearTimeout(timer);
  if (app.session !== "in" || asking === app.route) return;
  const { route } = app;
  asking = route;
  const stamp = touched;
  try {
    const data = await app.page.load(app);
    // An answer that was on its way while something was done tells of what was before.
    if (route !== app.route || stamp !== touched) return;
    accept(data);
    app.link = "live";
    if (app.troubled) app.trouble = null;
    app.troubled = false;
  } catch (problem) {
    if (route !== app.route) return;
    pause = Math.min(pause * 2, LOST);
    tell(problem, false);
    app.troubled = Boolean(app.trouble);
  } finally {
    if (asking === route) asking = null;
    if (route === app.route) at("main").removeAttribute("aria-busy");
    showAll();
    clearTimeout(timer);
    if (!document.hidden && app.session === "in") timer = setTimeout(look, pause);
  }
}

function accept(data) {
  const now = JSON.stringify(data, (name, value) => (name === "as_of" ? undefined : value));
  pause = now === shown ? Math.min(pause * SLOWER, IDLE) : SOON;
  shown = now;
  if (app.data) app.page.noticed?.(app, app.data, data);
  app.data = data;
}

function lookSoon() {
  pause = SOON;
  asking = null;
  return look();
}

// ------------------------------------------------------------------------------------------------------ what is done

// Does one thing at a time under a label; says true when it was done. What was typed stays when it was not.
async function send(label, work) {
  if (app.busy.has(label)) return false;
  app.busy.add(label);
  app.trouble = null;
  showAll();
  let done = false;
  try {
    await work();
    done = true;
  } catch (problem) {
    tell(problem, true);
  }
  touched += 1;
  app.busy.delete(label);
  if (app.session === "in") await lookSoon();
  showAll();
  return done;
}

// A step of a case, whichever page it is taken from.
async function take(id, step, body) {
  const done = await send(step, () => app.api.step(id, step, body));
  if (done && (step === "claim" || step === "take-over")) say(t("news.claimed_by_you"));
  return done;
}

const DO = {
  skip: () => at("main").focus(),
  login: () => login.goToLogin(),
  logout: () => {
    forgetDrafts();
    login.logOut();
  },
  dismiss: () => {
    app.trouble = null;
    showAll();
    at("title")?.focus();
  },
  help: () => {
    help();
    at("help").showModal();
  },
  close: () => at("help").close(),
};

function help() {
  const rows = ["j k", "↵", "c", "i", "k", "m", "u", "n", "/", "?", "esc"];
  show(at("help"), h("h2", { id: "help-title" }, t("help.title")),
    h("dl", {}, rows.map((keys, place) => h("div", {}, h("dt", {}, keys.split(" ").map((key) => h("kbd", {}, key))), h("dd", {}, t(`help.${place}`))))),
    h("label", { class: "reason" }, h("input", { type: "checkbox", "data-change": "keys", checked: keysOn() }), h("span", {}, t("help.letters"))),
    h("p", { class: "buttons" }, act("close", t("do.close"), { class: "main", autofocus: true })));
}

listen((key, event) => {
  if (at("help").open) return false;
  if (key === "?") return DO.help(), true;
  if (app.session !== "in" || !app.data) return false;
  if (app.page.keys?.(app, key, event)) return true;
  if (key === "Escape" && app.trouble) return DO.dismiss(), true;
  return false;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (!button || button.getAttribute("aria-disabled") === "true") return;
  if (button.matches("a")) event.preventDefault();
  (DO[button.dataset.do] ?? app.page.actions[button.dataset.do])(app, button);
});
document.addEventListener("submit", (event) => {
  event.preventDefault();
  app.page.forms[event.target.dataset.form](app, event.target);
});
document.addEventListener("input", (event) => {
  const { draft, input } = event.target.dataset;
  if (draft) keepDraft(draft, event.target.value);
  if (input) app.page.inputs[input](app, event.target);
});
document.addEventListener("change", (event) => {
  const { filter, change } = event.target.dataset;
  if (filter) app.page.filter(app, filter, event.target.value);
  if (change === "keys") turnKeys(event.target.checked);
  else if (change) app.page.changes[change](app, event.target);
});
document.addEventListener("focusin", (event) => {
  const row = event.target.closest("[data-case]");
  if (row && app.selected !== row.dataset.case) {
    app.selected = row.dataset.case;
    for (const other of document.querySelectorAll("[data-selected]")) other.removeAttribute("data-selected");
    row.setAttribute("data-selected", "");
  }
});
document.addEventListener("visibilitychange", () => { if (!document.hidden && app.session === "in") lookSoon(); });
for (const sign of ["keydown", "pointerdown"]) {
  document.addEventListener(sign, () => {
    app.active = Date.now();
    // Whoever comes back sees how things are now.
    if (pause > 2 * SOON && app.session === "in") lookSoon();
    pause = SOON;
  }, { passive: true });
}
addEventListener("hashchange", () => { if (app.session === "in") arrived(); });
addEventListener("online", () => { if (app.session === "in") lookSoon(); });

// --------------------------------------------------------------------------------------------------------- beginning

async function begin() {
  const api = new URL("api/", location.origin + location.pathname);
  const [, answer] = await Promise.all([speak(navigator.languages), fetch(new URL("sign-in", api))]);
  at("skip").textContent = t("skip");
  let arrival = "failed";
  try {
    arrival = await login.arrive(await answer.json());
  } catch (problem) {
    if (!(problem instanceof login.SessionEnded || problem instanceof login.Lost)) throw problem;
  }
  if (arrival === "needed") return login.goToLogin();
  if (arrival !== "in") return outside(t(`outside.${arrival}`));
  app.api = new Api(api, login.token, spoken());
  try {
    app.me = await app.api.me();
  } catch (problem) {
    return outside(problem instanceof Problem ? `${problem.message} ${problem.next ?? ""}` : t("outside.failed"));
  }
  app.session = "in";
  draftsOf(app.me.email);
  arrived();
  setInterval(() => app.page.tick?.(app), 1000);
}

// Outside there is one thing to do: log in.
function outside(words) {
  app.session = "out";
  show(at("main"), h("section", { class: "outside" }, h("h2", { id: "title", tabindex: "-1" }, words),
    h("p", {}, act("login", t("do.log_in"), { class: "main" }))));
  at("title").focus();
}

begin();
