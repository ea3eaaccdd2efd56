/**
 * A map for entries that come and go by the thousand per second.
 *
 * V8 gives a `Map` a new table whenever the old one is full, of deleted entries too, and links the old
 * table to the new one. A table that has reached the old generation stays there until a full collection,
 * and so does, by these links, everything that any of its successors ever held: a young collection takes
 * an old object for alive. Here the tables hold keys and numbers only, and the values stand in an array
 * whose places are emptied.
 */
export class TransientMap<Key extends string | number, Value extends object> {
  private readonly places = new Map<Key, number>();
  private readonly held: (Value | undefined)[] = [];
  private readonly free: number[] = [];

  get size(): number {
    return this.places.size;
  }

  has(key: Key): boolean {
    return this.places.has(key);
  }

  get(key: Key): Value | undefined {
    const place = this.places.get(key);
    return place === undefined ? undefined : this.held[place];
  }

  set(key: Key, value: Value): void {
    let place = this.places.get(key);
    if (place === undefined) {
      place = this.free.pop() ?? this.held.length;
      this.places.set(key, place);
    }
    this.held[place] = value;
  }

  delete(key: Key): boolean {
    const place = this.places.get(key);
    if (place === undefined) return false;
    this.places.delete(key);
    this.held[place] = undefined;
    this.free.push(place);
    return true;
  }

  clear(): void {
    this.places.clear();
    this.held.length = 0;
    this.free.length = 0;
  }

  /** In the order in which they came. */
  keys(): IterableIterator<Key> {
    return this.places.keys();
  }

  /** In the order in which their keys came. */
  *values(): IterableIterator<Value> {
    for (const place of this.places.values()) {
      const value = this.held[place];
      if (value) yield value;
    }
  }

  /** In the same order. */
  forEach(visit: (value: Value) => void): void {
    for (const value of this.values()) visit(value);
  }
}
