// SPDX-License-Identifier: Apache-2.0
// What all pages need to show things: elements whose content is always text, times, and lists that keep the newest.

/** Finds an element by its id; a page that lacks it is broken, and says which. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) {
    throw new Error(`no element with the id ${id}`);
  }
  return found;
}

/**
 * Makes an element. Functions become listeners, true a bare attribute, everything else an attribute's value; children are
 * elements or texts, and a text is never read as HTML.
 */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(key, value);
    } else if (value === true) {
      element.setAttribute(key, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(key, String(value));
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const two = (n) => String(n).padStart(2, "0");

/** 12:00:01.123, in the reader's time zone. */
export function clock(millis = Date.now()) {
  const t = new Date(millis);
  return `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}.${String(t.getMilliseconds()).padStart(3, "0")}`;
}

/** 00:42 */
export function span(millis) {
  const seconds = Math.max(0, Math.floor(millis / 1000));
  const hours = Math.floor(seconds / 3600);
  return `${hours ? `${hours}:` : ""}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** The value of a JSON text, or undefined where it is none. */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** 128 random bits as 22 URL-safe characters: an id that nobody guesses. */
export function newClientId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * Posts JSON.
 *
 * @returns {Promise<{ok: boolean, status: number, body: any, text: string, millis: number}>} where the server cannot be reached the status is 0
 */
export async function post(path, value) {
  const begun = performance.now();
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(value ?? {}),
    });
    const text = await response.text();
    const body = parsed(text);
    return { ok: response.ok, status: response.status, body, text, millis: performance.now() - begun };
  } catch {
    return { ok: false, status: 0, body: undefined, text: "", millis: performance.now() - begun };
  }
}

/** What went wrong with a post, and what to do. */
export function whatWentWrong(answer) {
  if (answer.status === 0) {
    return "The server cannot be reached. Nothing was sent; try again when the stream is open.";
  }
  const detail = answer.body?.detail ?? answer.body?.error ?? answer.text.slice(0, 200);
  return `Refused with ${answer.status}: ${detail}`;
}

/**
 * A list on the page that keeps the newest entries. What is added between two frames of the screen is drawn at once, and never
 * more than the list keeps, so that a burst costs little and a hidden tab nothing.
 */
export class NewestList {
  #list;
  #render;
  #keep;
  #newestFirst;
  #pinned;
  #waiting = [];
  #drawing = false;
  #following = true; // the newest, until the reader scrolls away from it
  #empty;

  /**
   * @param {{render: (item: any) => Element, keep?: number, newestFirst?: boolean, pinned?: (item: any) => boolean, empty: string}} options
   *     `pinned` says what is not to be pushed out by what comes after; of these, too, there are no more than the list keeps
   */
  constructor(list, { render, keep = 300, newestFirst = false, pinned = () => false, empty }) {
    this.#list = list;
    this.#render = render;
    this.#keep = keep;
    this.#newestFirst = newestFirst;
    this.#pinned = pinned;
    this.#empty = empty;
    list.addEventListener("scroll", () => {
      this.#following = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    });
    this.clear();
  }

  add(item) {
    this.#waiting.push(item);
    if (this.#waiting.length > 2 * this.#keep) {
      this.#waiting = this.#newest();
    }
    if (!this.#drawing) {
      this.#drawing = true;
      requestAnimationFrame(() => this.#draw());
    }
  }

  clear() {
    this.#waiting = [];
    this.#following = true;
    this.#list.replaceChildren(el("li", { class: "empty" }, this.#empty));
  }

  /** Of what waits, as much as the list can show. */
  #newest() {
    const from = this.#waiting.length - this.#keep;
    return this.#waiting.filter((item, i) => i >= from || this.#pinned(item)).slice(-2 * this.#keep);
  }

  #draw() {
    this.#drawing = false;
    const rows = this.#newest().map((item) => {
      const row = this.#render(item);
      row.classList.toggle("pinned", this.#pinned(item));
      return row;
    });
    this.#waiting = [];
    if (rows.length === 0) {
      return;
    }
    const list = this.#list;
    list.querySelector(":scope > .empty")?.remove();
    if (this.#newestFirst) {
      list.prepend(...rows.reverse());
    } else {
      list.append(...rows);
    }
    const loose = list.querySelectorAll(":scope > :not(.pinned)");
    const surplus = list.childElementCount - this.#keep;
    const oldest = this.#newestFirst ? [...loose].reverse() : loose;
    for (let i = 0; i < surplus; i++) {
      (oldest[i] ?? list.firstElementChild).remove();
    }
    if (!this.#newestFirst && this.#following) {
      list.scrollTop = list.scrollHeight;
    }
  }
}
