/**
 * Ids that were added lately: at most `most`, and at least the last half of that. It forgets by halves,
 * because to forget the oldest one for each that comes costs more than all the rest.
 */
export class RecentIds {
  private recent = new Set<string>();
  private former: ReadonlySet<string> = new Set();

  constructor(private readonly most: number) {}

  get size(): number {
    return this.recent.size + this.former.size;
  }

  has(id: string): boolean {
    return this.recent.has(id) || this.former.has(id);
  }

  add(id: string): void {
    this.recent.add(id);
    if (this.recent.size < this.most / 2) return;
    this.former = this.recent;
    this.recent = new Set();
  }
}
