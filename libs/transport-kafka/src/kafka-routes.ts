import type { AssignedTopic, TopicDescription } from './bus/bus.js';

/** How one participant is reached over Kafka. */
export interface KafkaParticipant {
  /**
   * `batch`: the commands of one `send` share records of up to 100, in batch content form; `single`: each
   * has its own, in binary content form, which participants of any make understand.
   */
  readonly mode: 'single' | 'batch';
}

interface Route {
  readonly participant: string;
  readonly isBatch: boolean;
  readonly commands: string;
  readonly replies: string;
  /** Partitions that commands may go to: those whose replies come back to this instance. */
  partitions: readonly number[];
  /** How many batches have been sent. */
  batches: number;
}

export interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** Which topic and partition a participant's commands go to, and whose replies a topic carries. */
export class KafkaRoutes {
  readonly #byParticipant = new Map<string, Route>();
  readonly #byReplies = new Map<string, Route>();
  /** Partitions of each participant's two topics. */
  readonly #counts = new Map<Route, number>();

  constructor(
    prefix: string,
    participants: Readonly<Record<string, KafkaParticipant>>,
    partitions: number,
  ) {
    for (const [participant, { mode }] of Object.entries(participants)) {
      const commands = `${prefix}.${participant}.commands`;
      const replies = `${prefix}.${participant}.replies`;
      const topics = { commands, replies };
      const isBatch = mode === 'batch';
      const route = { participant, isBatch, ...topics, partitions: upTo(partitions), batches: 0 };
      this.#byParticipant.set(participant, route);
      this.#byReplies.set(replies, route);
      this.#counts.set(route, partitions);
    }
  }

  /** Topics of commands and of replies. */
  get topics(): string[] {
    return [...this.#byReplies.values()].flatMap(({ commands, replies }) => [commands, replies]);
  }

  get replyTopics(): string[] {
    return [...this.#byReplies.keys()];
  }

  /** The participant that alone may write to this topic. */
  participantOf(replyTopic: string): string | undefined {
    return this.#byReplies.get(replyTopic)?.participant;
  }

  /** How the participant is spoken to; undefined when nobody of that name is registered. */
  modeOf(participant: string): KafkaParticipant['mode'] | undefined {
    const route = this.#byParticipant.get(participant);
    return route && (route.isBatch ? 'batch' : 'single');
  }

  /**
   * Where a command of this transaction goes: among the partitions whose replies return here, always to
   * the same one; among all while this instance has none. Undefined when nobody of that name is registered.
   */
  route(participant: string, transaction: string): Place | undefined {
    const route = this.#byParticipant.get(participant);
    if (!route) return undefined;
    const { commands: topic, partitions } = route;
    return { topic, partition: partitions[hash(transaction) % partitions.length] ?? 0 };
  }

  /**
   * Where the next batch of commands goes: to the same partitions, one after the other, so that all of a
   * flush stay together and all instances of the participant get their share.
   */
  routeBatch(participant: string): Place | undefined {
    const route = this.#byParticipant.get(participant);
    if (!route) return undefined;
    const { commands: topic, partitions } = route;
    return { topic, partition: partitions[route.batches++ % partitions.length] ?? 0 };
  }

  /** Takes the partition counts as they really are. */
  describe(topics: readonly TopicDescription[]): void {
    for (const route of this.#byParticipant.values()) {
      const counts = topics
        .filter(({ name }) => name === route.commands || name === route.replies)
        .map(({ partitions }) => partitions);
      const count = Math.min(...counts);
      if (counts.length === 0) continue;
      this.#counts.set(route, count);
      route.partitions = upTo(count);
    }
  }

  /** Follows an assignment of partitions of the topics of replies. */
  assign(assigned: readonly AssignedTopic[]): void {
    for (const route of this.#byReplies.values()) {
      const count = this.#counts.get(route) ?? 0;
      const ours = assigned
        .filter(({ topic }) => topic === route.replies)
        .flatMap(({ partitions }) => partitions)
        .filter((partition) => partition < count)
        .sort((a, b) => a - b);
      route.partitions = ours.length > 0 ? ours : upTo(count);
    }
  }
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  return state >>> 0;
}
