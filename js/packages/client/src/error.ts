// SPDX-License-Identifier: Apache-2.0

/**
 * Why a stream is not open.
 *
 * - `ended`: the server ended the answer; `network`: no connection, or it broke; `timeout`: no answer in time; `idle`: nothing came for too long;
 *   `token`: the token, header or body callback failed. These are tried again.
 * - `status`: the answer has another status than 200; tried again after 408, 425, 429 and 5xx, final otherwise.
 * - `no-content`: 204, with which a server says that there will be nothing more; `content-type`: not an event stream; `too-large`: a line or an
 *   event exceeds its limit; `max-retries`: too many failures in a row, the last of which is the `cause`. These are final.
 */
export type StreamErrorReason =
  | "ended"
  | "network"
  | "timeout"
  | "idle"
  | "token"
  | "status"
  | "no-content"
  | "content-type"
  | "too-large"
  | "max-retries";

export interface StreamErrorDetails {
  status?: number | undefined;
  final?: boolean | undefined;
  cause?: unknown;
}

/** What went wrong, and whether it goes on. */
export class StreamError extends Error {
  override readonly name = "StreamError";
  readonly reason: StreamErrorReason;
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** Whether the stream is closed for good. Otherwise it connects again by itself. */
  readonly final: boolean;

  constructor(reason: StreamErrorReason, message: string, { status, final = false, cause }: StreamErrorDetails = {}) {
    super(message, { cause });
    this.reason = reason;
    this.status = status;
    this.final = final;
  }
}
