import { Controller } from '@nestjs/common';
import { participant } from '@skald/core';
import { z } from 'zod';
import type { DecisionContext, PrepareContext, TryContext } from './handler-context.js';
import { Cancels, Confirms, Handles, Prepares, Tries } from './handles.js';

const stock = participant('stock', {
  reserve: {
    request: z.object({ sku: z.string(), quantity: z.number() }),
    reply: z.object({ reservationId: z.string() }),
  },
});

interface Reserve {
  readonly sku: string;
  readonly quantity: number;
}

const reserved = () => Promise.resolve({ reservationId: 'r' });

test('handlers of branches that fit their contract compile', () => {
  @Controller()
  class Fits {
    @Prepares(stock.reserve)
    prepare({ sku }: Reserve, { readOnly, action }: PrepareContext) {
      if (sku === '' && action === null) readOnly();
      return reserved();
    }

    @Tries(stock.reserve)
    try({ sku }: Reserve, { reservedUntil }: TryContext): Promise<{ reservationId: string }> {
      return Promise.resolve({ reservationId: `${sku} ${String(reservedUntil?.getTime())}` });
    }

    @Confirms(stock.reserve)
    async confirm(_request: Reserve, { action }: DecisionContext): Promise<void> {
      await Promise.resolve(action.reply);
    }

    @Cancels(stock.reserve)
    async cancel(): Promise<void> {
      await Promise.resolve();
    }
  }
  expect(Fits).toBeDefined();
});

test('handlers of branches that do not fit their contract do not compile', () => {
  class Wrong {
    // @ts-expect-error The request has no quantity of type string.
    @Prepares(stock.reserve)
    request(_request: { quantity: string }) {
      return reserved();
    }

    // @ts-expect-error The reply must be a { reservationId }.
    @Prepares(stock.reserve)
    reply(_request: Reserve): Promise<{ id: string }> {
      return Promise.resolve({ id: 'r' });
    }

    // @ts-expect-error The request has no field of that name.
    @Tries(stock.reserve)
    field(_request: Reserve & { colour: string }) {
      return reserved();
    }

    // @ts-expect-error A try has no try before it.
    @Tries(stock.reserve)
    context(_request: Reserve, _context: DecisionContext) {
      return reserved();
    }

    // @ts-expect-error Only what prepares can ask for a read-only vote.
    @Handles(stock.reserve)
    readOnly(_request: Reserve, { readOnly }: PrepareContext) {
      readOnly();
      return reserved();
    }

    // @ts-expect-error A confirm answers nothing: the reply is the try's.
    @Confirms(stock.reserve)
    confirm(_request: Reserve): Promise<{ reservationId: string }> {
      return reserved();
    }

    // @ts-expect-error The request has no quantity of type string.
    @Cancels(stock.reserve)
    async cancel(_request: { quantity: string }): Promise<void> {
      await Promise.resolve();
    }
  }
  expect(Wrong).toBeDefined();
});
