import { randomUUID } from 'node:crypto';
import kafkajs, { Kafka, logLevel } from 'kafkajs';
import { BusProbe, until } from '@skald/testing';
import { KafkajsBus, type AssignedTopic } from '@skald/transport-kafka';
import { kafkaBrokers } from '../setup/kafka.js';

const PARTITIONS = 4;
let brokers: string[];
let buses: KafkajsBus[];
let topics: string[];
let group: string;

beforeAll(async () => {
  brokers = await kafkaBrokers();
}, 600_000);
beforeEach(async () => {
  buses = [];
  group = randomUUID();
  topics = ['order', 'payment', 'inventory'].map((name) => `${group}.${name}.replies`);
  await newBus().ensureTopics(topics.map((name) => ({ name, partitions: PARTITIONS })));
});
afterEach(async () => {
  await Promise.all(buses.map((bus) => bus.close({ drainTimeoutMs: 0 })));
}, 60_000);

function newBus(): KafkajsBus {
  const bus = new KafkajsBus({ brokers, clientId: 'assignment', log: () => undefined });
  buses.push(bus);
  return bus;
}

function member(of = topics): BusProbe {
  return new BusProbe(newBus(), { group, topics: of });
}

/** The partition numbers that it reads, the same of each of `of`; undefined while they differ. */
function numbersOf(probe: BusProbe, of = topics): number[] | undefined {
  const assigned = probe.subscription.assigned();
  const numbers = of.map((topic) => sorted(assigned.find((one) => one.topic === topic)));
  const [first] = numbers;
  return numbers.every((one) => one.join() === first?.join()) ? first : undefined;
}

function sorted(assigned: AssignedTopic | undefined): number[] {
  return [...(assigned?.partitions ?? [])].sort((a, b) => a - b);
}

it('gives a member partition p of all topics or of none, and moves no more than it must', async () => {
  const first = member();
  await until('the first has all', () => numbersOf(first)?.length === PARTITIONS);
  const second = member();
  await until(
    'they share',
    () => numbersOf(first)?.length === 2 && numbersOf(second)?.length === 2,
  );
  const [own, other] = [numbersOf(first) ?? [], numbersOf(second) ?? []];
  expect([...own, ...other].sort()).toEqual([0, 1, 2, 3]);

  const third = member();
  await until('all three have some', () => numbersOf(third)?.length === 1);
  await until('the others know', () => {
    const counts = [first, second].map((probe) => numbersOf(probe)?.length);
    return counts.join() === '2,1' || counts.join() === '1,2';
  });
  expect(own).toEqual(expect.arrayContaining(numbersOf(first) ?? []));
  expect(other).toEqual(expect.arrayContaining(numbersOf(second) ?? []));
  await third.bus.close();
  await until(
    'two share again',
    () => numbersOf(first)?.length === 2 && numbersOf(second)?.length === 2,
  );
  expect([numbersOf(first), numbersOf(second)]).toEqual([own, other]);
}, 60_000);

it('leaves no topic unread when members subscribe to different ones, as in a rolling upgrade', async () => {
  const [before = '', ...rest] = topics;
  const old = member([before]);
  await until('the old one has all', () => numbersOf(old, [before])?.length === PARTITIONS);
  const renewed = member();
  await until('they share', () => numbersOf(old, [before])?.length === 2);
  await until('the new one has all others', () => numbersOf(renewed, rest)?.length === PARTITIONS);
  const both = [...(numbersOf(old, [before]) ?? []), ...(numbersOf(renewed, [before]) ?? [])];
  expect(both.sort()).toEqual([0, 1, 2, 3]);
}, 60_000);

it('lives with members that share out in the way of kafkajs', async () => {
  const ours = member();
  await until('ours has all', () => numbersOf(ours)?.length === PARTITIONS);
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const partitionAssigners = [kafkajs.PartitionAssigners.roundRobin];
  const stranger = kafka.consumer({ groupId: group, partitionAssigners });
  let theirs = 0;
  stranger.on(stranger.events.GROUP_JOIN, ({ payload }) => {
    theirs = Object.values(payload.memberAssignment).flat().length;
  });
  await stranger.connect();
  await stranger.subscribe({ topics });
  await stranger.run({ eachMessage: () => Promise.resolve() });
  const count = () => ours.subscription.assigned().flatMap(({ partitions }) => partitions).length;
  await until('they share', () => theirs > 0 && count() + theirs === 3 * PARTITIONS);
  await stranger.disconnect();
  await until('ours has all again', () => numbersOf(ours)?.length === PARTITIONS);
}, 60_000);
