/**
 * Who reads which partitions of a group's topics.
 *
 * G1  Each partition of each topic that somebody subscribes to has exactly one reader, who subscribes to it.
 * G2  Whoever has partition p of one topic has p of all topics that it subscribes to alike: so what is sent
 *     to partition p comes back, by whatever topic, to the same member.
 * G3  Members with equal subscriptions have as many partition numbers each, give or take one.
 * G4  What a member had it keeps, as far as G3 allows: a member that comes or goes moves no more than it must.
 * G5  The result depends on the arguments alone, not on their order.
 */
export interface GroupMember {
  readonly id: string;
  readonly topics: readonly string[];
  /** Partition numbers that it had, as it says itself: a member that was away may be wrong. */
  readonly held: readonly number[];
}

/** Partition numbers by topic. */
export type MemberAssignment = Readonly<Record<string, readonly number[]>>;

/**
 * Shares out the partitions of topics among the members of a group.
 *
 * @param partitions How many partitions each topic has.
 * @returns By member; one that gets nothing has an empty assignment.
 */
export function assignPartitions(
  members: readonly GroupMember[],
  partitions: ReadonlyMap<string, number>,
): ReadonlyMap<string, MemberAssignment> {
  const assigned = new Map<string, Record<string, number[]>>(members.map(({ id }) => [id, {}]));
  // During a rolling upgrade members may differ in what they subscribe to. The owners of all topics'
  // partitions come first; where an owner does not read a topic, its subscribers share that among them.
  const owners = share(members, Math.max(0, ...partitions.values()));
  for (const [topic, count] of partitions) {
    const readers = members.filter(({ topics }) => topics.includes(topic));
    const among = share(readers, count);
    for (let partition = 0; partition < count; partition++) {
      const owner = owners[partition];
      const reader = readers.some(({ id }) => id === owner) ? owner : among[partition];
      if (reader === undefined) continue;
      const own = assigned.get(reader);
      if (own) (own[topic] ??= []).push(partition);
    }
  }
  return assigned;
}

/** The owner of each partition number. */
function share(members: readonly GroupMember[], count: number): (string | undefined)[] {
  const owners: (string | undefined)[] = Array.from({ length: count }, () => undefined);
  const sorted = [...members].sort(byId);
  if (sorted.length === 0) return owners;
  const had = new Map(sorted.map((member) => [member.id, 0]));
  const keep = (limit: number) => {
    for (const { id, held } of sorted) {
      for (const partition of [...held].sort((a, b) => a - b)) {
        const has = had.get(id) ?? 0;
        if (has >= limit || !(partition in owners) || owners[partition] !== undefined) continue;
        owners[partition] = id;
        had.set(id, has + 1);
      }
    }
  };
  const least = Math.floor(count / sorted.length);
  keep(least);
  // Some members have one more; better those who had it than others.
  const extras = count % sorted.length;
  for (const { id, held } of sorted) {
    if (has(had, least + 1) >= extras) break;
    const another = held.find(
      (partition) => partition in owners && owners[partition] === undefined,
    );
    if (another === undefined || (had.get(id) ?? 0) < least) continue;
    owners[another] = id;
    had.set(id, least + 1);
  }
  for (const [partition, owner] of owners.entries()) {
    if (owner !== undefined) continue;
    const next = poorest(had);
    owners[partition] = next;
    had.set(next, (had.get(next) ?? 0) + 1);
  }
  return owners;
}

/** How many members have `count`. */
function has(had: ReadonlyMap<string, number>, count: number): number {
  let members = 0;
  for (const own of had.values()) if (own === count) members++;
  return members;
}

function poorest(had: ReadonlyMap<string, number>): string {
  let found: [string, number] = ['', Infinity];
  for (const entry of had) if (entry[1] < found[1]) found = entry;
  return found[0];
}

function byId(a: GroupMember, b: GroupMember): number {
  return a.id < b.id ? -1 : 1;
}
