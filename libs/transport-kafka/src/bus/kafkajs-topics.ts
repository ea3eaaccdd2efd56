import { setTimeout as pause } from 'node:timers/promises';
// By the default export: Node finds only some names of this CommonJS package, and not this one.
import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import type { TopicDescription, TopicSpec } from './bus.js';

const SAFE_REPLICATION = 3;
const SAFE_IN_SYNC = 2;
const READY_ATTEMPTS = 50;
const READY_PAUSE_MS = 100;

/** Creates what is missing; two processes may do so at once. */
export function ensureTopics(
  kafka: Kafka,
  topics: readonly TopicSpec[],
): Promise<TopicDescription[]> {
  return withAdmin(kafka, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const missing = topics.filter(({ name }) => !existing.has(name));
    if (missing.length > 0) await create(admin, missing);
    const names = topics.map(({ name }) => name);
    await untilWritable(admin, names);
    const found = await describe(admin, names);
    return found.map((topic) => compare(topic, topics));
  });
}

/** Topics that do not exist are left out. */
export function describeTopics(
  kafka: Kafka,
  names: readonly string[],
): Promise<TopicDescription[]> {
  return withAdmin(kafka, async (admin) => {
    const existing = new Set(await admin.listTopics());
    return describe(
      admin,
      names.filter((name) => existing.has(name)),
    );
  });
}

async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

async function create(admin: Admin, missing: readonly TopicSpec[]): Promise<void> {
  // Answers false when another process was faster for one of them; that is as good.
  await admin.createTopics({
    waitForLeaders: false,
    topics: missing.map(({ name, partitions, replicationFactor, settings }) => ({
      topic: name,
      numPartitions: partitions,
      ...(replicationFactor === undefined ? {} : { replicationFactor }),
      configEntries: Object.entries(settings ?? {}).map(([key, value]) => ({ name: key, value })),
    })),
  });
}

/** A topic exists before its partitions can be written, and their leaders are known before that. */
async function untilWritable(admin: Admin, names: string[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      for (const name of names) await admin.fetchTopicOffsets(name); // Their leaders answer this.
      return;
    } catch (error) {
      if (attempt >= READY_ATTEMPTS) throw error;
    }
    await pause(READY_PAUSE_MS);
  }
}

async function describe(admin: Admin, names: string[]): Promise<TopicDescription[]> {
  if (names.length === 0) return [];
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
  });
  const inOrder = [...topics].sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
  return inOrder.map(({ name, partitions }) => {
    const entries = resources.find((resource) => resource.resourceName === name)?.configEntries;
    const setting = (key: string) =>
      entries?.find((entry) => entry.configName === key)?.configValue;
    const facts = {
      name,
      partitions: partitions.length,
      replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
      minInSyncReplicas: Number(setting('min.insync.replicas') ?? 1),
      uncleanLeaderElection: setting('unclean.leader.election.enable') === 'true',
    };
    return { ...facts, warnings: warningsOf(facts) };
  });
}

function warningsOf(topic: Omit<TopicDescription, 'warnings'>): string[] {
  const { name } = topic;
  const warnings: string[] = [];
  if (topic.replicationFactor < SAFE_REPLICATION) {
    warnings.push(`${name}: ${topic.replicationFactor} replicas, below ${SAFE_REPLICATION}`);
  }
  if (topic.minInSyncReplicas < SAFE_IN_SYNC) {
    warnings.push(`${name}: min.insync.replicas ${topic.minInSyncReplicas}, below ${SAFE_IN_SYNC}`);
  }
  if (topic.uncleanLeaderElection) {
    warnings.push(`${name}: unclean.leader.election.enable loses acknowledged messages`);
  }
  return warnings;
}

function compare(topic: TopicDescription, wanted: readonly TopicSpec[]): TopicDescription {
  const partitions = wanted.find(({ name }) => name === topic.name)?.partitions;
  if (partitions === undefined || partitions === topic.partitions) return topic;
  const warning = `${topic.name}: ${topic.partitions} partitions, expected ${partitions}`;
  return { ...topic, warnings: [...topic.warnings, warning] };
}
