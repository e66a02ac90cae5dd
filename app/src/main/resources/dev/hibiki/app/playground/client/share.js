// SPDX-License-Identifier: Apache-2.0
// Built from js/packages/client by `npm run resources`; change it there.
import { t as StreamError } from "./error.js";

//#region src/share.ts
const REMEMBERED = 1e3;
const REMEMBERED_CHARS = 2 ** 20;
const PATIENCE_MILLIS = 1e3;
function share(name, own, sink) {
	const me = crypto.randomUUID();
	const recent = [];
	let chars = 0;
	let channel;
	let lock;
	let newest = 0;
	let line;
	let asked;
	let asks = 0;
	let until;
	let inner;
	let queue = () => {};
	let held = false;
	const seen = (id) => recent.findLastIndex((item) => item[2] === id);
	const remember = (item) => {
		recent.push(item);
		chars += item[1].length;
		while (recent.length > REMEMBERED || chars > REMEMBERED_CHARS && recent.length > 1) chars -= recent.shift()[1].length;
	};
	const deliver = (items) => {
		for (const item of items) {
			const [type, data, id] = item;
			if (until !== void 0 && type !== "hibiki.gap" && seen(id) >= 0) {
				if (id === until) until = void 0;
				continue;
			}
			remember(item);
			sink.event(type, data, id);
		}
		sink.chunk();
	};
	const follow = (term) => {
		inner?.stop();
		inner = void 0;
		line = newest = term;
		asked = void 0;
	};
	const post = (message) => channel?.postMessage(message);
	const ask = (term) => {
		asked = term;
		post({
			ask: me + ++asks,
			id: sink.id()
		});
	};
	const lead = () => {
		const term = Math.max(Date.now(), newest + 1);
		follow(term);
		until = void 0;
		let after = sink.id();
		let batch = [];
		let state;
		const waiting = [];
		const flush = () => {
			post({
				by: term,
				after,
				id: sink.id(),
				events: batch,
				state
			});
			after = sink.id();
			batch = [];
		};
		const answer = ({ ask, id }, last) => {
			const at = seen(id);
			const lost = !!id && id !== sink.id() && at < 0;
			if (lost && !last) return false;
			const answer = {
				by: term,
				to: ask,
				from: id,
				id: sink.id(),
				state,
				lost
			};
			if (id && at >= 0) answer.events = recent.slice(at + 1);
			post(answer);
			return true;
		};
		const settle = () => {
			for (const message of waiting.splice(0)) if (!answer(message, false)) waiting.push(message);
		};
		channel.onmessage = ({ data }) => {
			if (!data.ask || answer(data, false)) return;
			waiting.push(data);
			setTimeout(() => {
				const at = waiting.indexOf(data);
				if (line === term && at >= 0) answer(waiting.splice(at, 1)[0], true);
			}, PATIENCE_MILLIS);
		};
		inner = own({
			...sink,
			event(...item) {
				batch.push(item);
				deliver([item]);
			},
			chunk() {
				flush();
				settle();
				sink.chunk();
			},
			state(next) {
				const { error } = next;
				state = {
					...next,
					error: error && [
						error.reason,
						error.message,
						error.status,
						error.final
					]
				};
				flush();
				sink.state(next);
			}
		});
		inner.start();
	};
	const catchUp = () => {
		inner = own({
			...sink,
			event: (...item) => deliver([item])
		});
		inner.start();
	};
	const take = ({ by, to, after, id, events = [], state, lost, from }) => {
		if (!by || by < newest || held || to && (to !== me + asks || line === by)) return;
		newest = by;
		if (to) {
			queue();
			if (lost) {
				if (!inner) catchUp();
				return ask(by);
			}
			until = from === sink.id() ? void 0 : sink.id();
			follow(by);
		} else if (by !== line) if (sink.id() && (after === sink.id() || seen(after) >= 0)) {
			until = after === sink.id() ? void 0 : sink.id();
			follow(by);
		} else if (asked === by) return;
		else return ask(by);
		deliver(events);
		if (line !== by) return;
		if (until === void 0 && id !== sink.id()) sink.move(id);
		if (sink.backlog() > REMEMBERED) {
			held = true;
			line = void 0;
			sink.drained().then(() => {
				held = false;
				ask();
			});
		}
		if (state) {
			const { error } = state;
			sink.state({
				...state,
				error: error && new StreamError(error[0], error[1], {
					status: error[2],
					final: error[3]
				})
			});
		}
	};
	const stop = () => {
		lock?.abort();
		inner?.stop();
		channel?.close();
		lock = inner = channel = line = void 0;
	};
	return {
		start() {
			stop();
			const { signal } = lock = new AbortController();
			const enter = (granted) => {
				if (signal.aborted) return;
				if (!granted) {
					ask();
					setTimeout(queue, PATIENCE_MILLIS);
					return;
				}
				lead();
				return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
			};
			const request = (options) => void navigator.locks.request(name, options, enter).catch(() => signal.aborted || lead());
			let queued = false;
			queue = () => {
				if (!queued) request({ signal });
				queued = true;
			};
			channel = new BroadcastChannel(name);
			channel.onmessage = ({ data }) => take(data);
			if (!sink.id()) return request({ ifAvailable: true });
			queue();
			ask();
		},
		stop,
		nudge() {
			inner?.nudge();
		}
	};
}

//#endregion
export { share };