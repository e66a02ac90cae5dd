// SPDX-License-Identifier: Apache-2.0
// Event streams, few enough.
//
// Over HTTP/1.1 a browser opens six connections to a host, over all its tabs, and then lets every further request wait without a
// word. So all pages of this origin together hold four streams at most: whoever opens a fifth has the oldest closed, and the page that
// loses it says so. Which streams there are is known from Web Locks, one held by each stream: the browser lets go of them when a tab
// dies. Where there are no locks (a page from a host that is not secure) the four are counted for each tab alone.

const MOST = 4;
const PREFIX = "hibiki-stream ";
const own = new Map(); // name of the lock -> { release, evict }, oldest first
let opened = 0;

const others = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("hibiki-streams");
others?.addEventListener("message", ({ data }) => giveUp(data));

function giveUp(name) {
  const slot = own.get(name);
  slot?.release();
  slot?.evict();
}

/** The names of all streams of this origin, oldest first. */
async function held() {
  if (!navigator.locks) {
    return [...own.keys()];
  }
  const { held: locks } = await navigator.locks.query();
  return locks.map((lock) => lock.name).filter((name) => name.startsWith(PREFIX)).sort();
}

/** How many streams the pages of this origin hold, in all tabs of this browser. */
export async function streamsOfThisBrowser() {
  return (await held()).length;
}

/**
 * Takes a place among the four.
 *
 * @param {() => void} evict called when the place was needed for a newer stream
 * @returns {() => void} gives the place back
 */
export function takePlace(evict) {
  const name = `${PREFIX}${String(Date.now()).padStart(15, "0")} ${String(++opened).padStart(6, "0")} ${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  let letGo = () => {};
  const release = () => {
    own.delete(name);
    letGo();
  };
  own.set(name, { release, evict });
  const check = async () => {
    const names = await held();
    for (const oldest of names.slice(0, Math.max(0, names.length - MOST))) {
      giveUp(oldest);
      others?.postMessage(oldest);
    }
  };
  if (navigator.locks) {
    navigator.locks.request(name, () => {
      check();
      return own.has(name) ? new Promise((resolve) => (letGo = resolve)) : undefined;
    });
  } else {
    check();
  }
  return release;
}

/** What to say of a stream that had to make room. */
export const EVICTED = "Closed to make room: over HTTP/1.1 a browser has six connections to a host, so these pages hold four streams at most. Connect again to take its place.";

/** Why the server refused a stream: an `EventSource` is not told, a `fetch` is. */
async function refusal(url) {
  const asking = new AbortController();
  try {
    const answer = await fetch(url, { headers: { Accept: "text/event-stream" }, signal: asking.signal });
    const problem = answer.ok ? null : await answer.json();
    return problem?.detail ?? problem?.error ?? null;
  } catch {
    return null;
  } finally {
    asking.abort();
  }
}

/**
 * A native `EventSource` with its states told in words.
 *
 * @param {string} url
 * @param {{on: Record<string, (event: MessageEvent) => void>, state: (state: string, text: string) => void, name?: string}} options
 *     `on` maps event types to handlers, `message` is the default type; `state` is told `connecting`, `open`, `lost` (the browser tries
 *     again), `refused` (it does not), `evicted`, `closed`
 */
export function openStream(url, { on, state, name = url }) {
  const source = new EventSource(url);
  let done = false;
  let replaced = false;
  const finish = (why, text) => {
    if (!done) {
      done = true;
      release();
      source.close();
      state(why, text);
    }
  };
  const release = takePlace(() => finish("evicted", EVICTED));
  state("connecting", `Connecting to ${name} …`);
  source.addEventListener("open", () => state("open", `Connected to ${name}`));
  source.addEventListener("error", () => {
    if (done) {
      return;
    }
    if (source.readyState === EventSource.CLOSED) {
      finish("refused", "The server refused the stream; the browser will not try again.");
      refusal(url).then((why) => why && !replaced && state("refused", `Refused: ${why}`));
    } else {
      state("lost", "Connection lost; the browser tries again in about 3 s.");
    }
  });
  for (const [type, handler] of Object.entries(on)) {
    source.addEventListener(type, (event) => !done && handler(event));
  }
  return {
    source,
    close() {
      replaced = true;
      finish("closed", "Disconnected");
    },
  };
}
