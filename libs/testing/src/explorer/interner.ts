/** Something that there is once, with a number of its own. */
export interface Numbered {
  readonly id: number;
}

/** Gives the same object for the same key: what is equal is identical, and told apart by its number. */
export class Interner<T extends Numbered> {
  private readonly known = new Map<string, T>();

  get(key: string, make: (id: number) => T): T {
    const found = this.known.get(key);
    if (found) return found;
    const made = make(this.known.size);
    this.known.set(key, made);
    return made;
  }
}

/** A set of things by key, shared by all states that have just these. Growing it is remembered. */
export interface Items<T extends Numbered> extends Numbered {
  readonly byKey: ReadonlyMap<string, T>;
  with(key: string, item: T): Items<T>;
}

/** The sets that were met. */
export class ItemSets<T extends Numbered> {
  private readonly sets = new Interner<Items<T>>();
  readonly empty: Items<T> = this.of(new Map());

  private of(byKey: ReadonlyMap<string, T>): Items<T> {
    const ids = [...byKey.values()].map(({ id }) => id).sort((a, b) => a - b);
    return this.sets.get(ids.join(), (id) => {
      const grown = new Map<number, Items<T>>();
      const grow = (key: string, item: T): Items<T> => {
        if (byKey.get(key) === item) return set;
        const known = grown.get(item.id) ?? this.of(new Map(byKey).set(key, item));
        grown.set(item.id, known);
        return known;
      };
      const set: Items<T> = { id, byKey, with: grow };
      return set;
    });
  }
}
