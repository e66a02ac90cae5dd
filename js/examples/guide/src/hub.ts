// SPDX-License-Identifier: Apache-2.0
//
// What the components know of the hub: where it is, the one stream that they share, and how to ask it for something.

/** Empty for a hub at the page's own address, also where a proxy leads there. `VITE_HUB=https://… npm run build` names another. */
export const HUB: string = import.meta.env.VITE_HUB ?? "";

/** How often in a row the stream tries to come back by itself. Then the user decides. */
export const MAX_RETRIES = 5;

export interface User {
  userId: string;
  username: string;
}

/** Who this tab is, also after a reload. A hub with a key knows it from the token instead. */
export const me: User = guest();

/**
 * One stream with both channels. Below one `SseProvider`, hooks that name the same URL share the connection: over HTTP/1.1 a browser has six for a host,
 * in all of its tabs together.
 */
export const STREAM = `${HUB}/api/events?${new URLSearchParams([["channel", "dashboard"], ["channel", "notifications"], ...Object.entries(me)])}`;

/** Asks the hub for something. The error's message is for the user. */
export async function post<T>(path: string, body: unknown): Promise<T> {
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(HUB + path, request).catch(() => null);
  if (!answer) throw new Error("The server cannot be reached.");
  if (!answer.ok) throw new Error((await answer.json().catch(() => null))?.detail ?? `The server answered ${answer.status}.`);
  return answer.json();
}

/** `crypto.randomUUID` is there on HTTPS and on localhost only. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function guest(): User {
  const userId = sessionStorage.getItem("guest") ?? `guest-${newId().slice(0, 6)}`;
  sessionStorage.setItem("guest", userId);
  return { userId, username: userId };
}
