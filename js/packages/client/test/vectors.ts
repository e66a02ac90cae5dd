// SPDX-License-Identifier: Apache-2.0
// The cases that every parser of this project passes, and how to feed them.

import { readFileSync } from "node:fs";

export interface Vector {
  name: string;
  chunks: string[];
  expected: { type: string; data: string; lastEventId: string }[];
  lastEventId: string;
  reconnectionTime?: number;
}

export const VECTORS_FILE = new URL("../../../../vectors/event-stream-parser.json", import.meta.url);

export const vectors: Vector[] = JSON.parse(readFileSync(VECTORS_FILE, "utf8"));

/** The bytes as given, at once, byte by byte, and cut at random places with a seed. */
export function waysToFeed(chunks: Uint8Array[], seed: number): Record<string, Uint8Array[]> {
  const all = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
  const random = seeded(seed);
  const cuts: Uint8Array[] = [];
  for (let at = 0; at < all.length; ) {
    const length = Math.floor(random() * 9);
    cuts.push(all.subarray(at, at + length));
    at += length;
  }
  return { "as given": chunks, "at once": [all], "byte by byte": [...all].map((byte) => Uint8Array.of(byte)), "at random": cuts };
}

/** Mulberry32: small, and the same everywhere. */
export function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
