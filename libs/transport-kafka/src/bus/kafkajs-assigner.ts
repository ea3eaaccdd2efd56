// By the default export: Node finds only some names of this CommonJS package.
import kafkajs, { type Cluster, type GroupMember as Joined, type PartitionAssigner } from 'kafkajs';
import { assignPartitions, type GroupMember } from './assignment.js';

const NAME = 'SkaldCoPartitioned';
const VERSION = 0;
const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;

/**
 * The way groups share out partitions, as kafkajs takes it. Members that do not know it make the group fall
 * back to what all know.
 *
 * @param held Partition numbers that this member has now.
 */
export function coPartitioned(held: () => readonly number[]): PartitionAssigner {
  return ({ cluster }) => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: MemberMetadata.encode({
        version: VERSION,
        topics,
        userData: Buffer.from(JSON.stringify(held())),
      }),
    }),
    async assign({ members: joined, topics: own }) {
      const members = joined.map((member) => memberOf(member, own));
      const topics = [...new Set(members.flatMap((member) => member.topics))].sort();
      const assigned = assignPartitions(members, await partitionsOf(cluster, topics));
      return [...assigned].map(([memberId, assignment]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: VERSION,
          assignment: Object.fromEntries(
            Object.entries(assignment).map(([topic, partitions]) => [topic, [...partitions]]),
          ),
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });
}

function memberOf({ memberId, memberMetadata }: Joined, own: readonly string[]): GroupMember {
  const metadata = MemberMetadata.decode(memberMetadata);
  return {
    id: memberId,
    topics: metadata?.topics ?? own,
    held: metadata ? numbersIn(metadata.userData) : [],
  };
}

/** What a member says that it has; anything odd is nothing. */
function numbersIn(userData: Buffer): number[] {
  try {
    const held: unknown = JSON.parse(userData.toString());
    return Array.isArray(held) ? held.filter(isPartition) : [];
  } catch {
    return [];
  }
}

function isPartition(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** How many partitions each topic has. Also of topics that only others read: they depend on us for them. */
async function partitionsOf(
  cluster: Cluster,
  topics: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  // A topic that we may not see is nobody's until somebody leads the group who does; the others are shared.
  await cluster.addMultipleTargetTopics([...topics]).catch(() => undefined);
  return new Map(
    topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).length] as const),
  );
}
