// SPDX-License-Identifier: Apache-2.0

/** Puts an item before a list, of which it keeps so many: a page that stays open for days must not grow. */
export function newestFirst<T>(item: T, limit: number): (list: readonly T[]) => readonly T[] {
  return (list) => [item, ...list].slice(0, limit);
}
