/**
 * `list` with `item` at its end. For lists that nearly always have one: an array that is made to grow
 * takes eight times the room of one that is made for its only item.
 */
export function withOneMore<T>(list: readonly T[], item: T): readonly T[] {
  return list.length === 0 ? [item] : [...list, item];
}

/** Puts `item` at the end of the list of its key, which is made for the first. */
export function pushTo<Key, Item>(lists: Map<Key, Item[]>, key: Key, item: Item): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}
