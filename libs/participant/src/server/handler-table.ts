import type { Operation } from '@skald/core';
import { decoratorOf, patternOf, type Role } from '../handles.js';
import type { NestHandler } from './call-handler.js';

/** How an operation is carried out, with all the handlers that takes. */
export type Handling =
  | { readonly kind: 'plain'; readonly handles: NestHandler }
  | { readonly kind: 'batched'; readonly handlesBatch: NestHandler }
  | { readonly kind: 'prepared'; readonly prepares: NestHandler }
  | {
      readonly kind: 'reserved';
      readonly tries: NestHandler;
      readonly confirms: NestHandler;
      readonly cancels: NestHandler;
    };

const ROLES: readonly Role[] = [
  'handles',
  'handlesBatch',
  'prepares',
  'tries',
  'confirms',
  'cancels',
];

/**
 * How each operation is handled.
 *
 * @throws Error naming every operation that is not handled in exactly one way, and completely. (Nest ignores
 *   handlers outside controllers without a word; a missing one must not go unnoticed.)
 */
export function handlingsOf(
  operations: Iterable<Operation>,
  handlers: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, Handling> {
  const found = new Map<string, Handling>();
  const problems: string[] = [];
  for (const operation of operations) {
    const roles = new Map(
      ROLES.flatMap((role) => {
        const handler = handlers.get(patternOf(operation, role));
        return handler ? [[role, handler as NestHandler] as const] : [];
      }),
    );
    const handling = handlingOf(roles);
    if (typeof handling === 'object') found.set(operation.operation, handling);
    else problems.push(`${operation.participant}.${operation.operation}: ${handling}`);
  }
  if (problems.length === 0) return found;
  throw new Error(problems.join('; '));
}

/** The handling that these handlers make, or what is wrong with them. */
function handlingOf(roles: ReadonlyMap<Role, NestHandler>): Handling | string {
  const [handles, prepares] = [roles.get('handles'), roles.get('prepares')];
  const [tries, confirms] = [roles.get('tries'), roles.get('confirms')];
  const [cancels, handlesBatch] = [roles.get('cancels'), roles.get('handlesBatch')];
  if (roles.size === 0) {
    return 'no handler: is its class a @Controller() listed under controllers?';
  }
  if (handles && roles.size === 1) return { kind: 'plain', handles };
  if (handlesBatch && roles.size === 1) return { kind: 'batched', handlesBatch };
  if (prepares && roles.size === 1) return { kind: 'prepared', prepares };
  if (tries && confirms && cancels && roles.size === 3) {
    return { kind: 'reserved', tries, confirms, cancels };
  }
  const has = [...roles.keys()].map((role) => `@${decoratorOf(role)}`).join(', ');
  const known = '@Handles, or @HandlesBatch, or @Prepares, or @Tries with @Confirms and @Cancels';
  return `has ${has}, and needs either ${known}`;
}
