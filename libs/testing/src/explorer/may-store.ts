import type { Transaction } from '@skald/core';

/** Compare-and-set: whether what was decided on version `base` may become the row. */
export function mayStore({ version }: Transaction<unknown>, base: number): boolean {
  return version === base;
}
