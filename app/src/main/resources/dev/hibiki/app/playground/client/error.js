// SPDX-License-Identifier: Apache-2.0
// Built from js/packages/client by `npm run resources`; change it there.
//#region src/error.ts
/** What went wrong, and whether it goes on. */
var StreamError = class extends Error {
	name = "StreamError";
	reason;
	/** The HTTP status, where there was an answer. */
	status;
	/** Whether the stream is closed for good. Otherwise it connects again by itself. */
	final;
	constructor(reason, message, { status, final = false, cause } = {}) {
		super(message, { cause });
		this.reason = reason;
		this.status = status;
		this.final = final;
	}
};

//#endregion
export { StreamError as t };