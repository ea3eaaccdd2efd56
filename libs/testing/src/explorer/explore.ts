import { Violation } from '../world/ledger.js';

/** Something with states, that moves. States are values: a move makes a new one. */
export interface System<State> {
  readonly initial: State;
  /** Every move that is possible; none = it has come to rest. */
  moves(state: State): Iterable<Step<State>>;
  /** The same text for states that need not be told apart. */
  canonical(state: State): string;
  /** @throws Violation when the state breaks a promise. */
  check(state: State): void;
  /** Whether nothing more is wanted of it: from everywhere there must be a way to such a state. */
  isEnd(state: State): boolean;
}

export interface Step<State> {
  readonly name: string;
  /** Makes the state after it. @throws Violation when the move itself breaks a promise. */
  readonly take: () => State;
}

export interface Explored {
  readonly states: number;
  readonly moves: number;
  /** Moves on the shortest way to the state that is farthest away. */
  readonly depth: number;
  readonly ends: number;
}

interface Way {
  readonly from: number;
  /** Which of the moves there. */
  readonly ordinal: number;
}

/**
 * Visits every state of `system`, nearest first, so that what breaks a promise is found by a shortest way.
 * Of the states seen only a hash of 53 bits is kept (of a million states, two agree by chance in one of ten
 * thousand explorations; then one of them is not looked into).
 *
 * @throws Violation with the moves that lead to it; also for a state that there is no way out of to an end,
 *   and when there are more than `maxStates`.
 */
export function explore<State>(system: System<State>, maxStates = 2_000_000): Explored {
  return new Exploration(system, maxStates).run();
}

class Exploration<State> {
  private readonly graph = new Graph();
  private frontier: (readonly [number, State])[] = [];
  private next: (readonly [number, State])[] = [];
  private moves = 0;

  constructor(
    private readonly system: System<State>,
    private readonly maxStates: number,
  ) {}

  run(): Explored {
    const { system, graph } = this;
    this.reach(system.initial, undefined);
    let depth = -1;
    for (; this.next.length > 0; depth++) {
      this.frontier = this.next;
      this.next = [];
      for (const [from, state] of this.frontier) this.leave(from, state);
    }
    const lost = graph.withoutWayOut();
    if (lost !== undefined) {
      throw new Violation(`AC5: there is no way out to an end\n${this.tell(graph.wayTo(lost))}`);
    }
    return { states: graph.size, moves: this.moves, depth, ends: graph.ends };
  }

  private leave(from: number, state: State): void {
    let ordinal = 0;
    for (const { name, take } of this.system.moves(state)) {
      const way = { from, ordinal: ordinal++ };
      this.moves++;
      try {
        const reached = take();
        if (reached === state) continue; // Nothing happened.
        this.system.check(reached);
        this.reach(reached, way);
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        const path = this.tell(this.graph.wayTo(from));
        throw new Violation(`${error.message}\n${path}\n${name}`, { cause: error });
      }
    }
  }

  private reach(state: State, way: Way | undefined): void {
    const { system, graph, maxStates } = this;
    const hash = hashOf(system.canonical(state));
    const known = graph.find(hash);
    const at = known ?? graph.add(hash, way);
    if (way) graph.connect(way.from, at);
    if (known !== undefined) return;
    if (system.isEnd(state)) graph.markEnd(at);
    if (graph.size > maxStates) throw new Violation(`there are more than ${maxStates} states`);
    this.next.push([at, state]);
  }

  /** The names of the moves along a way, which are played again for it. */
  private tell(ordinals: readonly number[]): string {
    let state = this.system.initial;
    const names: string[] = [];
    for (const ordinal of ordinals) {
      const step = [...this.system.moves(state)][ordinal];
      if (!step) break;
      names.push(step.name);
      state = step.take();
    }
    return names.join('\n');
  }
}

/** What is kept of the states seen: hashes, the first way to each, and every move between them. */
class Graph {
  private readonly ids = new Map<number, number>();
  private readonly froms = new Numbers();
  private readonly ordinals = new Numbers();
  private readonly sources = new Numbers();
  private readonly targets = new Numbers();
  private readonly endIds = new Set<number>();

  get size(): number {
    return this.froms.length;
  }

  get ends(): number {
    return this.endIds.size;
  }

  find(hash: number): number | undefined {
    return this.ids.get(hash);
  }

  add(hash: number, way: Way | undefined): number {
    const id = this.size;
    this.ids.set(hash, id);
    this.froms.push(way?.from ?? 0);
    this.ordinals.push(way?.ordinal ?? 0);
    return id;
  }

  connect(from: number, to: number): void {
    this.sources.push(from);
    this.targets.push(to);
  }

  markEnd(id: number): void {
    this.endIds.add(id);
  }

  wayTo(id: number): number[] {
    const way: number[] = [];
    for (let at = id; at !== 0; at = this.froms.at(at)) way.push(this.ordinals.at(at));
    return way.reverse();
  }

  /** The first state from which no moves lead to an end. */
  withoutWayOut(): number | undefined {
    const { first, next } = this.backwards();
    const isSafe = new Uint8Array(this.size);
    const waiting = [...this.endIds];
    for (const id of waiting) isSafe[id] = 1;
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      for (let move = first[id] ?? -1; move >= 0; move = next[move] ?? -1) {
        const from = this.sources.at(move);
        if (isSafe[from]) continue;
        isSafe[from] = 1;
        waiting.push(from);
      }
    }
    const lost = isSafe.indexOf(0);
    return lost < 0 ? undefined : lost;
  }

  /** The moves into each state as linked lists: the first one of a state, and the next after each. */
  private backwards(): { first: Int32Array; next: Int32Array } {
    const first = new Int32Array(this.size).fill(-1);
    const next = new Int32Array(this.targets.length).fill(-1);
    for (let move = 0; move < this.targets.length; move++) {
      const to = this.targets.at(move);
      next[move] = first[to] ?? -1;
      first[to] = move;
    }
    return { first, next };
  }
}

/** A list of small whole numbers, four bytes each. */
class Numbers {
  length = 0;
  private kept = new Int32Array(1024);

  push(value: number): void {
    if (this.length === this.kept.length) {
      const larger = new Int32Array(this.length * 2);
      larger.set(this.kept);
      this.kept = larger;
    }
    this.kept[this.length++] = value;
  }

  at(index: number): number {
    return this.kept[index] ?? 0;
  }
}

/** cyrb53, a hash of 53 bits. */
function hashOf(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2_654_435_761);
    low = Math.imul(low ^ code, 1_597_334_677);
  }
  high =
    Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low =
    Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & low) + (high >>> 0);
}
