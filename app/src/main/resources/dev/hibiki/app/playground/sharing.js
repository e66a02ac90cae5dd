// SPDX-License-Identifier: Apache-2.0
// Which tabs there are, and which of them has the connection that all share. Nobody is asked: each tab of the playground holds a Web Lock
// with its number, whoever leads holds the lock of the shared stream and the others stand in line for it, so the browser's own table
// of locks says it all, and forgets a tab the moment it is gone.

const TAB = "hibiki-tab ";
const SECRET = "hibiki-playground-shared";

let number = 0;

/** Whether tabs can share here: not where the page comes from a host that the browser does not trust, or may store nothing. */
export const canShare = (() => {
  try {
    localStorage.getItem(SECRET);
    return Boolean(navigator.locks && crypto.subtle && globalThis.BroadcastChannel);
  } catch {
    return false;
  }
})();

/** What the ids of shared streams are made of, or null while each tab has streams of its own. It is the same in all tabs. */
export function sharedSecret() {
  return canShare ? localStorage.getItem(SECRET) : null;
}

/** Has all tabs share, or none. */
export function setShared(shared) {
  if (shared) {
    localStorage.setItem(SECRET, crypto.randomUUID());
  } else {
    localStorage.removeItem(SECRET);
  }
}

/** Calls the listener after another tab has changed it. */
export function onSharedElsewhere(listener) {
  addEventListener("storage", ({ key }) => key === SECRET && listener());
}

/** The client's id of all tabs' one stream to a URL: whichever tab connects is the same client to the server. */
export async function sharedClientId(secret, url) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${secret} ${url}`));
  return btoa(String.fromCharCode(...new Uint8Array(hash, 0, 16))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Takes the lowest number that no other tab has, for as long as this tab lives. */
async function join() {
  for (let candidate = 1; number === 0; candidate++) {
    await new Promise((resolve) => {
      navigator.locks.request(`${TAB}${candidate}`, { ifAvailable: true }, (lock) => {
        number = lock ? candidate : 0;
        resolve();
        return lock && new Promise(() => {});
      });
    });
  }
}

const joined = canShare ? join() : Promise.resolve();

/**
 * The tabs of this playground, by number.
 *
 * @param {string} name of the shared stream
 * @returns {Promise<{number: number, mine: boolean, leads: boolean}[]>}
 */
export async function tabs(name) {
  await joined;
  if (!canShare) {
    return [];
  }
  const { held } = await navigator.locks.query();
  const leader = held.find((lock) => lock.name === `hibiki:${name}`)?.clientId;
  return held
    .filter((lock) => lock.name.startsWith(TAB))
    .map((lock) => ({ number: Number(lock.name.slice(TAB.length)), leads: lock.clientId === leader }))
    .map((tab) => ({ ...tab, mine: tab.number === number }))
    .sort((one, other) => one.number - other.number);
}

/** Whether this tab has the connection. */
export async function leads(name) {
  return (await tabs(name)).some((tab) => tab.mine && tab.leads);
}
