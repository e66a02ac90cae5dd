// SPDX-License-Identifier: Apache-2.0
// Built from js/packages/client by `npm run resources`; change it there.
import { t as StreamError } from "./error.js";

//#region src/parser.ts
/** The largest delay that a timer takes, in milliseconds (24 days). Longer ones would fire at once. */
const MAX_MILLIS = 2 ** 31 - 1;
/**
* Makes a reader of one connection.
*
* @param lastEventId what the stream before this connection had as its last id
* @returns takes the next bytes; throws a final `StreamError` of reason `too-large` when a line or an event exceeds its limit
*/
function createParser(sink, limits, lastEventId = "") {
	const decoder = new TextDecoder();
	let rest = "";
	let afterCr = false;
	let type = "";
	let data;
	let id = lastEventId;
	const limit = (what, length, most) => {
		if (length > most) throw new StreamError("too-large", `${what}: ${length} characters (expected: at most ${most})`, { final: true });
	};
	const dispatch = () => {
		if (data === void 0) {
			if (id !== lastEventId) sink.id(id);
		} else sink.event(type || "message", data, id);
		lastEventId = id;
		type = "";
		data = void 0;
	};
	const line = (text) => {
		limit("line", text.length, limits.maxLineChars);
		if (!text) return dispatch();
		const colon = text.indexOf(":");
		const name = colon < 0 ? text : text.slice(0, colon);
		const value = colon < 0 ? "" : text.slice(colon + (text[colon + 1] === " " ? 2 : 1));
		if (name === "data") {
			data = data === void 0 ? value : `${data}\n${value}`;
			limit("event", data.length, limits.maxEventChars);
		} else if (name === "event") type = value;
		else if (name === "id") {
			if (!value.includes("\0")) id = value;
		} else if (name === "retry" && /^[0-9]+$/.test(value)) sink.retry(Math.min(Number(value), MAX_MILLIS));
	};
	return (bytes) => {
		const text = decoder.decode(bytes, { stream: true });
		if (!text) return;
		let at = afterCr && text[0] === "\n" ? 1 : 0;
		afterCr = false;
		let cr = text.indexOf("\r", at);
		let lf = text.indexOf("\n", at);
		while (cr >= 0 || lf >= 0) {
			const end = cr < 0 || lf >= 0 && lf < cr ? lf : cr;
			const whole = rest + text.slice(at, end);
			rest = "";
			at = end + 1;
			if (end === cr) {
				if (at === text.length) afterCr = true;
				else if (text[at] === "\n") at++;
			}
			line(whole);
			if (cr >= 0 && cr < at) cr = text.indexOf("\r", at);
			if (lf >= 0 && lf < at) lf = text.indexOf("\n", at);
		}
		rest += text.slice(at);
		limit("line", rest.length, limits.maxLineChars);
	};
}

//#endregion
//#region src/connection.ts
/** Less than this is not waited, so that no answer of a server makes a busy loop. */
const MIN_MILLIS = 100;
/** What HTTP says of delays: seconds or a date. */
function retryAfter(response) {
	const value = response.headers.get("retry-after");
	if (!value) return;
	const millis = /^\d+$/.test(value) ? Number(value) * 1e3 : Date.parse(value) - Date.now();
	return millis >= 0 ? millis : void 0;
}
async function given(value) {
	return typeof value === "function" ? value() : value;
}
/** The id goes into the header as its UTF-8 bytes; one that no header can carry goes into the query. */
function resume(url, headers, id) {
	if (!id) return url;
	if (/[\0-\x08\n-\x1f\x7f]|^[\t ]|[\t ]$/.test(id)) {
		const target = new URL(url);
		target.searchParams.set("lastEventId", id);
		return target.href;
	}
	headers.set("Last-Event-ID", String.fromCharCode(...new TextEncoder().encode(id)));
	return url;
}
function connection(url, settings, sink) {
	const where = new URL(url).pathname;
	let attempt;
	let timer;
	let failures = 0;
	let asked;
	let refreshed = false;
	let trouble = null;
	const state = (now, error, retryAt = null) => sink.state({
		state: now,
		failures,
		error: trouble = error,
		retryAt
	});
	const stop = () => {
		clearTimeout(timer);
		timer = void 0;
		const last = attempt;
		attempt = void 0;
		last?.abort();
	};
	const delay = (error, after) => {
		if (after !== void 0) return after;
		if (error.reason === "ended" && asked !== void 0 && failures < 2) return asked;
		const least = asked ?? 0;
		const base = Math.max(asked ?? settings.retryMillis, MIN_MILLIS);
		const most = Math.min(settings.maxDelayMillis, base * 2 ** (failures - 1));
		return least + Math.random() * Math.max(0, most - least);
	};
	const fail = (error, after) => {
		stop();
		if (globalThis.navigator?.onLine !== false) failures++;
		if (!error.final && failures > settings.maxRetries) error = new StreamError("max-retries", `${where}: failed ${failures} times in a row (expected: at most ${settings.maxRetries}): ${error.message}`, {
			status: error.status,
			final: true,
			cause: error
		});
		if (error.final) return state("closed", error);
		const millis = Math.min(Math.max(delay(error, after), MIN_MILLIS), MAX_MILLIS);
		timer = setTimeout(open, millis);
		state("waiting", error, Date.now() + millis);
	};
	const request = async (refresh, signal) => {
		const { token, method, credentials } = settings;
		const headers = new Headers(await given(settings.headers));
		if (!headers.has("accept")) headers.set("Accept", "text/event-stream");
		const bearer = typeof token === "function" ? await token({ refresh }) : token;
		if (bearer) headers.set("Authorization", `Bearer ${bearer}`);
		const init = {
			headers,
			signal,
			cache: "no-store"
		};
		if (method) init.method = method;
		if (credentials) init.credentials = credentials;
		if (settings.body !== void 0) init.body = await given(settings.body);
		return [resume(url, headers, sink.id()), init];
	};
	const open = async (refresh) => {
		stop();
		const mine = attempt = new AbortController();
		const current = () => attempt === mine;
		let step = "token";
		const fault = (reason, text, status, final = false) => current() && fail(new StreamError(reason, `${where}: ${text}`, {
			status,
			final
		}));
		const watch = (reason, text, millis) => {
			clearTimeout(timer);
			if (millis && millis <= MAX_MILLIS) timer = setTimeout(() => fault(reason, `${text} within ${millis} ms`), millis);
		};
		if (!refresh) state("connecting", trouble);
		if (!current()) return;
		watch("timeout", "no answer", settings.connectMillis);
		try {
			const [target, init] = await request(!!refresh, mine.signal);
			if (!current()) return;
			step = "network";
			const response = await (settings.fetch ?? fetch)(target, init);
			if (!current()) return;
			const { status } = response;
			const contentType = response.headers.get("content-type") ?? "";
			if (status === 204) return fault("no-content", "there will be nothing more (204)", status, true);
			if (status === 401 && typeof settings.token === "function" && !refreshed) {
				refreshed = true;
				open(true);
				return;
			}
			if (status !== 200) {
				const again = status >= 500 || [
					408,
					425,
					429
				].includes(status);
				return fail(new StreamError("status", `${where}: answered ${status} (expected: 200)`, {
					status,
					final: !again
				}), retryAfter(response));
			}
			if (!/^\s*text\/event-stream\s*(;|$)/i.test(contentType)) return fault("content-type", `content type: ${contentType || "none"} (expected: text/event-stream)`, status, true);
			refreshed = false;
			state("open", null);
			if (!current()) return;
			const feed = createParser({
				event(type, data, id) {
					if (!current()) return;
					if (failures) {
						failures = 0;
						state("open", null);
						if (!current()) return;
					}
					sink.event(type, data, id);
				},
				id(id) {
					if (current()) sink.move(id);
				},
				retry(millis) {
					asked = millis;
				}
			}, settings, sink.id());
			const reader = response.body?.getReader();
			let heard = performance.now();
			const listen = (millis) => {
				clearTimeout(timer);
				if (settings.idleMillis && settings.idleMillis <= MAX_MILLIS) timer = setTimeout(check, millis);
			};
			const check = () => {
				const left = heard + settings.idleMillis - performance.now();
				if (left > 0) listen(left);
				else fault("idle", `nothing came within ${settings.idleMillis} ms`);
			};
			listen(settings.idleMillis);
			while (reader) {
				if (sink.backlog()) {
					clearTimeout(timer);
					await sink.drained();
					if (!current()) return;
					heard = performance.now();
					listen(settings.idleMillis);
				}
				const { done, value } = await reader.read();
				if (!current()) return;
				if (done) break;
				heard = performance.now();
				try {
					feed(value);
				} finally {
					sink.chunk();
				}
				if (!current()) return;
			}
			fault("ended", "the server ended the stream", status);
		} catch (cause) {
			const { message } = cause?.cause ?? cause ?? {};
			if (current()) fail(cause instanceof StreamError ? cause : new StreamError(step, `${where}: ${message ?? cause}`, { cause }));
		}
	};
	return {
		start() {
			failures = 0;
			open();
		},
		stop,
		nudge() {
			if (timer !== void 0 && !attempt) open();
		}
	};
}

//#endregion
//#region src/options.ts
const NUMBERS = {
	maxRetries: Infinity,
	retryMillis: 1e3,
	maxDelayMillis: 3e4,
	connectMillis: 3e4,
	idleMillis: 45e3,
	maxLineChars: 2 ** 24,
	maxEventChars: 2 ** 24
};
function settings(options) {
	const all = {
		...NUMBERS,
		...options
	};
	for (const key of Object.keys(NUMBERS)) {
		all[key] ??= NUMBERS[key];
		if (!(all[key] >= 0)) throw new RangeError(`${key}: ${all[key]} (expected: a number, at least 0)`);
	}
	return all;
}

//#endregion
//#region src/stream.ts
/** One event. */
var StreamEvent = class {
	type;
	data;
	/** The last id that the stream has set; empty if it never did. */
	id;
	constructor(type, data, id) {
		this.type = type;
		this.data = data;
		this.id = id;
	}
	/** The data as JSON; throws a `SyntaxError` where it is none. */
	json() {
		return JSON.parse(this.data);
	}
};
/** The name under which listeners of the state are kept; no event has it, as types are of one line. */
const STATE = "\n";
/** Errors of listeners are the program's: they become uncaught errors, and the stream goes on. */
function call(listener, ...args) {
	try {
		listener?.(...args);
	} catch (error) {
		setTimeout(() => {
			throw error;
		});
	}
}
function attempt(action) {
	try {
		return action();
	} catch {
		return;
	}
}
function storeOf(resume, url) {
	if (typeof resume === "object") return resume;
	if (!resume) return void 0;
	const key = resume === true ? `hibiki:${url}` : resume;
	return {
		load: () => sessionStorage.getItem(key),
		save: (id) => sessionStorage.setItem(key, id)
	};
}
function absolute(url) {
	try {
		return new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href).href;
	} catch {
		throw new TypeError(`url: ${url} (expected: an absolute URL, or in a page one relative to it)`);
	}
}
/** Opens a stream, which connects at once and stays so until it is closed or the server refuses it for good. */
function createStream(url, options = {}) {
	const target = absolute(url);
	const all = settings(options);
	const store = storeOf(all.resume, target);
	const sharing = all.share && globalThis.navigator?.locks && globalThis.BroadcastChannel;
	const listeners = /* @__PURE__ */ new Map();
	const iterators = /* @__PURE__ */ new Set();
	const page = new AbortController();
	const drains = [];
	let snapshot = {
		state: "connecting",
		failures: 0,
		error: null,
		retryAt: null
	};
	let id = (store && attempt(() => store.load())) ?? all.lastEventId ?? "";
	let saved = id;
	let closed = false;
	let backlog = 0;
	let source;
	const add = (type, listener) => {
		const mine = (event) => listener(event);
		listeners.set(type, [...listeners.get(type) ?? [], mine]);
		return () => {
			const left = (listeners.get(type) ?? []).filter((other) => other !== mine);
			if (left.length) listeners.set(type, left);
			else listeners.delete(type);
		};
	};
	const tell = (type, event) => {
		for (const listener of listeners.get(type) ?? []) {
			if (closed && type !== STATE) return;
			call(listener, event);
		}
	};
	const taken = (count) => {
		backlog -= count;
		if (!backlog) for (const resolve of drains.splice(0)) resolve();
	};
	const finish = (next) => {
		closed = true;
		source?.stop();
		page.abort();
		snapshot = next;
		for (const iterator of iterators) iterator.end(next.error);
		tell(STATE, void 0);
		listeners.clear();
	};
	const sink = {
		id: () => id,
		event(type, data, at) {
			if (closed) return;
			id = at;
			const event = new StreamEvent(type, data, at);
			if (type === "hibiki.cursor") call(all.onCursor, at);
			if (type === "hibiki.gap") call(all.onGap, attempt(() => event.json()) ?? {
				reason: "unknown-id",
				after: "",
				resumedAt: at
			});
			if (type === "hibiki.token-expiring") call(all.onTokenExpiring, event);
			if (type !== "*") tell(type, event);
			if (type === "hibiki.cursor" || closed) return;
			tell("*", event);
			for (const iterator of iterators) iterator.give(event);
		},
		move(at) {
			id = at;
			call(all.onCursor, at);
		},
		chunk() {
			if (store && id !== saved) attempt(() => store.save(saved = id));
		},
		state(next) {
			if (closed) return;
			if (next.state === "closed") return finish(next);
			snapshot = next;
			tell(STATE, void 0);
		},
		backlog: () => backlog,
		drained: () => new Promise((resolve) => backlog ? drains.push(resolve) : resolve())
	};
	const own = (into) => connection(target, all, into);
	const begin = (made) => {
		source = made;
		if (!closed && snapshot.state !== "paused") made.start();
	};
	const pause = () => {
		if (snapshot.state === "paused") return;
		source?.stop();
		sink.state({
			...snapshot,
			state: "paused",
			retryAt: null
		});
	};
	const resume = () => {
		if (snapshot.state !== "paused") return;
		sink.state({
			...snapshot,
			state: "connecting"
		});
		source?.start();
	};
	const hear = (on, type, listener) => on?.addEventListener?.(type, listener, { signal: page.signal });
	const doc = globalThis.document;
	const show = () => {
		if (!doc?.hidden) {
			resume();
			source?.nudge();
		} else if (all.whenHidden === "pause" && !sharing) pause();
	};
	const self = {
		url: target,
		get lastEventId() {
			return id;
		},
		on: (type, listener) => add(type, listener),
		getSnapshot: () => snapshot,
		subscribe: (listener) => add(STATE, listener),
		reconnect: () => source?.nudge(),
		close() {
			if (!closed) finish({
				state: "closed",
				failures: snapshot.failures,
				error: null,
				retryAt: null
			});
		},
		[Symbol.asyncIterator]() {
			const queue = [];
			let error = null;
			let waiting;
			let wake;
			const iterator = {
				give(event) {
					queue.push(event);
					backlog++;
					wake?.();
				},
				end(why) {
					iterators.delete(iterator);
					if (!why) taken(queue.splice(0).length);
					else if (why.reason !== "no-content") error = why;
					wake?.();
				}
			};
			if (closed) iterator.end(snapshot.error);
			else iterators.add(iterator);
			return {
				async next() {
					while (!queue.length && iterators.has(iterator)) {
						await (waiting ??= new Promise((resolve) => wake = resolve));
						waiting = void 0;
					}
					const value = queue.shift();
					if (value) {
						taken(1);
						return {
							done: false,
							value
						};
					}
					const why = error;
					error = null;
					if (why) throw why;
					return {
						done: true,
						value: void 0
					};
				},
				async return() {
					self.close();
					return {
						done: true,
						value: void 0
					};
				}
			};
		}
	};
	hear(globalThis, "online", () => source?.nudge());
	hear(doc, "visibilitychange", show);
	if (doc) {
		hear(globalThis, "pagehide", pause);
		hear(globalThis, "pageshow", resume);
		if (doc.hidden) show();
	}
	if (sharing) import("./share.js").then(({ share }) => begin(share(`hibiki:${all.share === true ? target : all.share}`, own, sink)), () => begin(own(sink)));
	else begin(own(sink));
	return self;
}

//#endregion
//#region src/eventsource.ts
const STATES = {
	connecting: 0,
	waiting: 0,
	paused: 0,
	open: 1,
	closed: 2
};
/**
* A drop-in for the browser's `EventSource`, for where there is none or where it cannot do enough: it takes all options of `createStream`, and connects
* again after a 5xx. Its watchdog is off unless `idleMillis` is given, as a server that is made for the browser's need not send heartbeats. An `error` event
* has the reason as its `error`.
*/
var EventSource = class extends EventTarget {
	static CONNECTING = 0;
	static OPEN = 1;
	static CLOSED = 2;
	CONNECTING = 0;
	OPEN = 1;
	CLOSED = 2;
	withCredentials;
	#stream;
	#handlers = /* @__PURE__ */ new Map();
	constructor(url, { withCredentials = false, ...options } = {}) {
		super();
		this.withCredentials = !!withCredentials;
		const stream = createStream(url, {
			retryMillis: 3e3,
			idleMillis: 0,
			credentials: withCredentials ? "include" : "same-origin",
			...options
		});
		this.#stream = stream;
		let last = stream.getSnapshot();
		stream.subscribe(() => {
			const now = stream.getSnapshot();
			const before = last;
			last = now;
			if (now.state === "open") {
				if (before.state !== "open") this.dispatchEvent(new Event("open"));
			} else if (now.error && now.error !== before.error) this.dispatchEvent(Object.assign(new Event("error"), { error: now.error }));
		});
		const { origin } = new URL(stream.url);
		const deliver = ({ type, data, id }) => this.dispatchEvent(new MessageEvent(type, {
			data,
			lastEventId: id,
			origin
		}));
		stream.on("*", deliver);
		stream.on("hibiki.cursor", deliver);
	}
	get url() {
		return this.#stream.url;
	}
	get readyState() {
		return STATES[this.#stream.getSnapshot().state];
	}
	get onopen() {
		return this.#handlers.get("open") ?? null;
	}
	set onopen(handler) {
		this.#handle("open", handler);
	}
	get onmessage() {
		return this.#handlers.get("message") ?? null;
	}
	set onmessage(handler) {
		this.#handle("message", handler);
	}
	get onerror() {
		return this.#handlers.get("error") ?? null;
	}
	set onerror(handler) {
		this.#handle("error", handler);
	}
	close() {
		this.#stream.close();
	}
	/** One listener a type, which stands where the handler was first set, as the standard wants it. */
	#handle(type, handler) {
		if (!this.#handlers.has(type)) this.addEventListener(type, (event) => this.#handlers.get(type)?.call(this, event));
		this.#handlers.set(type, typeof handler === "function" ? handler : null);
	}
};

//#endregion
export { EventSource, StreamError, StreamEvent, createParser, createStream };