import { GroupOffsets } from './group-offsets.js';

const next = [
  { topic: 'a', partition: 0, offset: '3' },
  { topic: 'b', partition: 1, offset: '7' },
  { topic: 'a', partition: 2, offset: '9' },
];

function payloadOf(messages: number, stored: unknown[]) {
  return {
    batch: { messages: Array.from({ length: messages }) },
    commitOffsetsIfNecessary: (offsets: unknown) => {
      stored.push([messages, offsets]);
      return Promise.resolve();
    },
  };
}

it('stores by the function that came with the smallest batch', async () => {
  const offsets = new GroupOffsets();
  const stored: unknown[] = [];
  for (const messages of [5, 2, 3, 2]) offsets.offer(payloadOf(messages, stored));
  await offsets.store(next);
  const topics = [
    {
      topic: 'a',
      partitions: [
        { partition: 0, offset: '3' },
        { partition: 2, offset: '9' },
      ],
    },
    { topic: 'b', partitions: [{ partition: 1, offset: '7' }] },
  ];
  expect(stored).toEqual([[2, { topics }]]);
});

it('rejects before the first batch, and when the group says no', async () => {
  const offsets = new GroupOffsets();
  await expect(offsets.store(next)).rejects.toThrow('not a member of the group');
  const error = new Error('rebalancing');
  offsets.offer({
    batch: { messages: [] },
    commitOffsetsIfNecessary: () => Promise.reject(error),
  });
  await expect(offsets.store(next)).rejects.toBe(error);
});
