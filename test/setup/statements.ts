import { jest } from '@jest/globals';
import pg from 'pg';

/** A prepared statement that this process has sent. */
export interface SentStatement {
  readonly name: string;
  readonly values: readonly unknown[];
}

/** Notes every named statement that this process sends, until `stop`. */
export function watchStatements(): { readonly sent: SentStatement[]; stop(): void } {
  const sent: SentStatement[] = [];
  const real = Reflect.get(pg.Client.prototype, 'query') as (...args: unknown[]) => unknown;
  const spy = jest.spyOn(pg.Client.prototype, 'query') as unknown as {
    mockImplementation(query: (this: pg.Client, ...args: unknown[]) => unknown): void;
    mockRestore(): void;
  };
  spy.mockImplementation(function (...args) {
    const [config] = args as [Partial<SentStatement> | string | undefined];
    if (typeof config === 'object' && config.name !== undefined) {
      sent.push({ name: config.name, values: config.values ?? [] });
    }
    return real.apply(this, args);
  });
  return { sent, stop: () => spy.mockRestore() };
}
