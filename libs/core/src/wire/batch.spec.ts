import { eventsOf, isBatchType, MAX_EVENT_BYTES, packBatches } from './batch.js';
import { MAX_BATCH_BYTES } from './command.js';

function eventOf(item: number, text: string) {
  return { item, text, bytes: new TextEncoder().encode(text).length };
}

describe('events in batches', () => {
  it('keep their order, a hundred to a batch', () => {
    const batches = packBatches(
      Array.from({ length: 201 }, (_, index) => eventOf(index, `{"n":${index}}`)),
    );
    expect(batches.map(({ items }) => items.length)).toEqual([100, 100, 1]);
    expect(batches.flatMap(({ items }) => items)).toEqual(Array.from({ length: 201 }, (_, n) => n));
    const events = batches.flatMap(({ value }) => eventsOf(JSON.parse(value)));
    expect(events).toEqual(Array.from({ length: 201 }, (_, n) => ({ n })));
  });

  it('never exceed the size of a batch, and one that just fits has one of its own', () => {
    const largest = JSON.stringify('ö'.repeat((MAX_EVENT_BYTES - 2) / 2));
    const sizes = [
      '"a"',
      largest,
      '"b"',
      JSON.stringify('c'.repeat(300_000)),
      `"${'d'.repeat(300_000)}"`,
    ];
    const batches = packBatches(sizes.map((text, index) => eventOf(index, text)));
    expect(batches.map(({ items }) => items)).toEqual([[0], [1], [2, 3], [4]]);
    for (const { value, bytes } of batches) {
      expect(new TextEncoder().encode(value).length).toBe(bytes);
      expect(bytes).toBeLessThanOrEqual(MAX_BATCH_BYTES);
    }
  });

  it('make no batch when there are none', () => {
    expect(packBatches([])).toEqual([]);
  });
});

test('a batch is known by its content type, whatever stands behind it', () => {
  expect(isBatchType('application/cloudevents-batch+json')).toBe(true);
  expect(isBatchType('Application/CloudEvents-Batch+JSON; charset=utf-8')).toBe(true);
  expect(isBatchType('application/json')).toBe(false);
  expect(isBatchType(undefined)).toBe(false);
});

test.each([[[]], [{}], ['[]'], [null], [Array.from({ length: 101 }, () => ({}))]])(
  'no batch: %#',
  (value) => {
    expect(() => eventsOf(value)).toThrow('1 to 100 events');
  },
);
