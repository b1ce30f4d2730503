// The system's API: one request, its answer or what went wrong. Who asks is told by the token alone; there are no cookies.

import { reach, SessionEnded } from "./login.js";

const PATIENCE = 25_000;

// What the system says no with: what happened (`message`), what to do next, and what another person has done meanwhile.
export class Problem extends Error {
  constructor(status, told) {
    super(told.detail ?? told.message ?? String(status));
    Object.assign(this, { status, code: told.code ?? "", next: told.next, decided: told.decided, claimedBy: told.claimed_by, fields: told.fields ?? [] });
    this.request = told.request_id;
  }
}

export class Api {
  constructor(base, token, language) {
    Object.assign(this, { base, token, language });
  }

  async ask(method, path, { query = {}, body } = {}) {
    const address = new URL(path, this.base);
    for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== "") address.searchParams.set(name, value);
    const send = async (fresh) => reach(address, {
      method, cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(PATIENCE),
      headers: {
        Authorization: `Bearer ${await this.token({ fresh })}`, "Accept-Language": this.language,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    let answer = await send(false);
    if (answer.status === 401) answer = await send(true);
    if (answer.status === 401) throw new SessionEnded();
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Problem(answer.status, told);
    return told;
  }

  get = (path, query) => this.ask("GET", path, { query });
  post = (path, body = {}) => this.ask("POST", path, { body });

  me = () => this.get("me");
  cases = (query) => this.get("cases", query);
  counts = () => this.get("cases/counts");
  search = (text) => this.get("cases/search", { text });
  case = (id) => this.get(`cases/${encodeURIComponent(id)}`);
  step = (id, step, body) => this.post(`cases/${encodeURIComponent(id)}/${step}`, body);
  history = (id, query) => this.get(`companies/${encodeURIComponent(id)}/history`, query);
  takeovers = (id) => this.get(`companies/${encodeURIComponent(id)}/takeovers`);
  work = () => this.get("my-work");
  flows = () => this.get("flows");
  held = (flow) => this.get(`flows/${flow}/held`);
  release = (flow) => this.post(`flows/${flow}/held/release`);
  deadLetters = (flow) => this.get(`flows/${flow}/dead-letters`);
  redrive = (flow, ids) => this.post(`flows/${flow}/dead-letters/redrive`, { ids });
  errors = () => this.get("errors");
  rules = (name) => this.get(`rules/${name}`);
  rollBack = (name, back) => this.post(`rules/${name}/rollback`, back);
  changes = () => this.get("audit", { size: 20 });
}
