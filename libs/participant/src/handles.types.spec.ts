import { Controller } from '@nestjs/common';
import { participant } from '@skald/core';
import { z } from 'zod';
import type { HandlerContext } from './handler-context.js';
import { Handles } from './handles.js';

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

test('a handler that fits its contract compiles', () => {
  @Controller()
  class Fits {
    @Handles(stock.reserve)
    async reserve(
      { sku }: Reserve,
      { command }: HandlerContext,
    ): Promise<{ reservationId: string }> {
      await Promise.resolve();
      return { reservationId: `${sku}-${command.attempt}` };
    }

    @Handles(stock.reserve)
    async lessCurious(): Promise<{ reservationId: string }> {
      await Promise.resolve();
      return { reservationId: 'r' };
    }
  }
  expect(Fits).toBeDefined();
});

test('a handler that does not fit its contract does not compile', () => {
  class Wrong {
    // @ts-expect-error The request has no quantity of type string.
    @Handles(stock.reserve)
    async request(_request: { quantity: string }): Promise<{ reservationId: string }> {
      await Promise.resolve();
      return { reservationId: 'r' };
    }

    // @ts-expect-error The request has no field of that name.
    @Handles(stock.reserve)
    async field(_request: Reserve & { colour: string }): Promise<{ reservationId: string }> {
      await Promise.resolve();
      return { reservationId: 'r' };
    }

    // @ts-expect-error The reply must be a { reservationId }.
    @Handles(stock.reserve)
    async reply(_request: Reserve): Promise<{ id: string }> {
      await Promise.resolve();
      return { id: 'r' };
    }

    // @ts-expect-error The handler must return a promise.
    @Handles(stock.reserve)
    synchronous(_request: Reserve): { reservationId: string } {
      return { reservationId: 'r' };
    }

    // @ts-expect-error The second argument is the context, not the EntityManager.
    @Handles(stock.reserve)
    async context(
      _request: Reserve,
      _db: HandlerContext['db'],
    ): Promise<{ reservationId: string }> {
      await Promise.resolve();
      return { reservationId: 'r' };
    }
  }
  expect(Wrong).toBeDefined();
});
