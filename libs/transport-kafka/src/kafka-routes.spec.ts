import { randomUUID } from 'node:crypto';
import type { TopicDescription } from './bus/bus.js';
import { KafkaRoutes } from './kafka-routes.js';

const IDS = Array.from({ length: 300 }, () => randomUUID());

const SINGLE = { inventory: { mode: 'single' }, payment: { mode: 'single' } } as const;

function partitionsOf(routes: KafkaRoutes, participant: string): number[] {
  const used = new Set(IDS.map((id) => routes.route(participant, id)?.partition ?? -1));
  return [...used].sort((a, b) => a - b);
}

function described(name: string, partitions: number): TopicDescription {
  const rest = { replicationFactor: 3, minInSyncReplicas: 2, uncleanLeaderElection: false };
  return { name, partitions, ...rest, warnings: [] };
}

describe('routes', () => {
  it('lead to the topic of the participant, and to nobody else', () => {
    const routes = new KafkaRoutes('skald', SINGLE, 6);
    expect(routes.topics).toEqual([
      'skald.inventory.commands',
      'skald.inventory.replies',
      'skald.payment.commands',
      'skald.payment.replies',
    ]);
    expect(routes.route('payment', randomUUID())?.topic).toBe('skald.payment.commands');
    expect(routes.route('order', randomUUID())).toBeUndefined();
    expect(routes.participantOf('skald.payment.replies')).toBe('payment');
    expect(routes.participantOf('skald.payment.commands')).toBeUndefined();
  });

  it('use all partitions until replies are assigned, then those alone', () => {
    const routes = new KafkaRoutes('skald', SINGLE, 6);
    expect(partitionsOf(routes, 'inventory')).toEqual([0, 1, 2, 3, 4, 5]);
    routes.assign([{ topic: 'skald.inventory.replies', partitions: [4, 1] }]);
    expect(partitionsOf(routes, 'inventory')).toEqual([1, 4]);
    expect(partitionsOf(routes, 'payment')).toEqual([0, 1, 2, 3, 4, 5]);
    routes.assign([]);
    expect(partitionsOf(routes, 'inventory')).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('keep a transaction on one partition as long as the assignment stands', () => {
    const routes = new KafkaRoutes('skald', { inventory: { mode: 'single' } }, 6);
    for (const id of IDS)
      expect(routes.route('inventory', id)).toEqual(routes.route('inventory', id));
  });

  it('follow the real number of partitions, the smaller one of commands and replies', () => {
    const routes = new KafkaRoutes('skald', { inventory: { mode: 'single' } }, 6);
    routes.describe([
      described('skald.inventory.commands', 3),
      described('skald.inventory.replies', 4),
    ]);
    expect(partitionsOf(routes, 'inventory')).toEqual([0, 1, 2]);
    routes.assign([{ topic: 'skald.inventory.replies', partitions: [2, 3] }]);
    expect(partitionsOf(routes, 'inventory')).toEqual([2]);
  });

  it('take batches to the partitions whose replies return, in turn', () => {
    const routes = new KafkaRoutes('skald', { inventory: { mode: 'batch' } }, 6);
    expect(routes.modeOf('inventory')).toBe('batch');
    routes.assign([{ topic: 'skald.inventory.replies', partitions: [4, 1] }]);
    const next = () => routes.routeBatch('inventory')?.partition;
    expect([next(), next(), next()]).toEqual([1, 4, 1]);
    expect(routes.routeBatch('order')).toBeUndefined();
  });
});
