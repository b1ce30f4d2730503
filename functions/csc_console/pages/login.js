// Logging in through the hosted page: authorization code with PKCE. Tokens live in this page's memory and nowhere else;
// only what the way back needs lies in sessionStorage, and only until we are back.

const STARTED = "login-started";
const LEFT = "logged-out";
const SPARE = 45_000;

export class SessionEnded extends Error {}

// Nothing came back: no connection, or nobody at the other end.
export class Lost extends Error {}

export const reach = (address, request) => fetch(address, request).catch((why) => { throw new Lost(why.message); });

let desk = null;
let tokens = null;
let renewing = null;

const here = () => location.origin + location.pathname;
const text = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const random = () => text(crypto.getRandomValues(new Uint8Array(32)));

// Comes back from the hosted page if we are on the way back: "in", "out" by choice, "failed", or "needed".
export async function arrive(signIn) {
  desk = signIn;
  const params = new URLSearchParams(location.search);
  if (!params.has("code") && !params.has("error")) return sessionStorage.getItem(LEFT) ? "out" : "needed";
  const started = JSON.parse(sessionStorage.getItem(STARTED) ?? "null");
  sessionStorage.removeItem(STARTED);
  history.replaceState(null, "", here() + (started?.place ?? ""));
  // An answer to a question we did not ask is thrown away, whoever sent it.
  if (!params.has("code") || !started || params.get("state") !== started.state) return "failed";
  await ask({ grant_type: "authorization_code", code: params.get("code"), redirect_uri: here(), code_verifier: started.verifier });
  return "in";
}

export async function goToLogin() {
  sessionStorage.removeItem(LEFT);
  const started = { state: random(), verifier: random(), place: location.hash };
  sessionStorage.setItem(STARTED, JSON.stringify(started));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(started.verifier));
  location.assign(`${desk.authorize_url}?${new URLSearchParams({
    response_type: "code", client_id: desk.client_id, redirect_uri: here(), scope: desk.scopes.join(" "), state: started.state,
    code_challenge: text(new Uint8Array(digest)), code_challenge_method: "S256",
  })}`);
}

export function logOut() {
  const refresh = tokens?.refresh;
  tokens = null;
  sessionStorage.setItem(LEFT, "yes");
  const away = () => location.assign(`${desk.logout_url}?${new URLSearchParams({ client_id: desk.client_id, logout_uri: here() })}`);
  if (!refresh) return away();
  // Whether or not the token could be withdrawn, this page has forgotten it, and what it gave ends within minutes.
  const withdraw = { method: "POST", keepalive: true, mode: "no-cors", body: new URLSearchParams({ token: refresh, client_id: desk.client_id }) };
  return void fetch(desk.revoke_url, withdraw).then(away, away);
}

async function ask(form) {
  const answer = await reach(desk.token_url, {
    method: "POST", credentials: "omit", body: new URLSearchParams({ client_id: desk.client_id, ...form }),
  });
  if (answer.status >= 500 || answer.status === 429) throw new Lost("the login service does not answer");
  if (!answer.ok) throw new SessionEnded();
  const given = await answer.json();
  tokens = {
    id: given.id_token, refresh: given.refresh_token ?? tokens?.refresh,
    until: Date.now() + given.expires_in * 1000,
  };
}

// A token that is good for a while yet; renewed once, however many wait for it.
export async function token({ fresh = false } = {}) {
  if (!tokens) throw new SessionEnded();
  if (fresh || tokens.until - Date.now() < SPARE) {
    renewing ??= ask({ grant_type: "refresh_token", refresh_token: tokens.refresh }).finally(() => { renewing = null; });
    await renewing;
  }
  return tokens.id;
}
