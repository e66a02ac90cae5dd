// SPDX-License-Identifier: Apache-2.0
// What comes on the wire, cut into frames, and frames into lines and fields: to be shown, where a client would only read.

const LF = 10;
const CR = 13;

/** Cuts bytes into frames, each with the blank line that ends it, wherever the chunks are cut. Lines end at CRLF, LF and CR. */
export class Frames {
  #pieces = [];
  #afterCr = false;
  #lineIsEmpty = true;

  /**
   * @param {Uint8Array} chunk
   * @returns {Uint8Array[]} the frames that are now complete
   */
  push(chunk) {
    const complete = [];
    let from = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (byte === LF && this.#afterCr) {
        this.#afterCr = false;
        from += from === i && this.#pieces.length === 0 ? 1 : 0; // it belongs to the frame before
        continue;
      }
      this.#afterCr = byte === CR;
      if (byte !== LF && byte !== CR) {
        this.#lineIsEmpty = false;
      } else if (!this.#lineIsEmpty) {
        this.#lineIsEmpty = true;
      } else {
        const end = byte === CR && chunk[i + 1] === LF ? i + 2 : i + 1;
        complete.push(joined([...this.#pieces, chunk.slice(from, end)]));
        this.#pieces = [];
        from = end;
      }
    }
    if (from < chunk.length) {
      this.#pieces.push(chunk.slice(from));
    }
    return complete;
  }

  /** Whether something was begun that is not ended: it is dropped when the stream ends. */
  get isUnfinished() {
    return this.#pieces.length > 0;
  }
}

function joined(pieces) {
  if (pieces.length === 1) {
    return pieces[0];
  }
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The lines of a frame, without the blank one. */
export function linesOf(bytes) {
  return utf8.decode(bytes).split(/\r\n|\n|\r/).slice(0, -2);
}

/** What a line says: its field's name and value; the name of a comment is empty. */
export function fieldOf(line) {
  const colon = line.indexOf(":");
  const name = colon < 0 ? line : line.slice(0, colon);
  return { name, value: colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1)) };
}

/** The value of a frame's field, the last one if there are several, or null. */
export function field(lines, wanted) {
  const found = lines.filter((line) => !line.startsWith(":")).map(fieldOf).findLast(({ name }) => name === wanted);
  return found ? found.value : null;
}
