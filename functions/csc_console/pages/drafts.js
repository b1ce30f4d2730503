// What somebody is writing, kept in the tab until it is sent: a lost network or session loses no word.

const PREFIX = "draft:";

// An account of its own: whoever logs in next in the same tab does not find another's words.
let owner = "";

export function draftsOf(who) {
  owner = who;
}

export const draft = (place) => sessionStorage.getItem(`${PREFIX}${owner}:${place}`) ?? "";

export function keepDraft(place, text) {
  const key = `${PREFIX}${owner}:${place}`;
  if (text) sessionStorage.setItem(key, text);
  else sessionStorage.removeItem(key);
}

export function forgetDrafts() {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(`${PREFIX}${owner}:`)) sessionStorage.removeItem(key);
}
