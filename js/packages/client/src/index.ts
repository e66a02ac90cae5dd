// SPDX-License-Identifier: Apache-2.0

export { createStream, StreamEvent, type AnyEvent, type EventTypes, type Stream } from "./stream.js";
export { StreamError, type StreamErrorReason } from "./error.js";
export { EventSource, type EventSourceOptions } from "./eventsource.js";
export { createParser, type ParserLimits, type ParserSink } from "./parser.js";
export type { StreamSnapshot } from "./connection.js";
export type { Gap, PerAttempt, ResumeStore, StreamOptions } from "./options.js";
