declare const brand: unique symbol;

/** A UUID in canonical lower-case form: the id of a transaction, chosen by the client or by the server. */
export type TransactionId = string & { readonly [brand]: 'TransactionId' };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NAME = /^[a-z][a-z0-9-]{0,40}$/;

/** The id in canonical form, or undefined when `text` is not a UUID (any version, RFC 9562). */
export function asTransactionId(text: string): TransactionId | undefined {
  const canonical = text.toLowerCase();
  return UUID.test(canonical) ? (canonical as TransactionId) : undefined;
}

/** Whether `text` may name a participant, operation, definition, step or branch: `[a-z][a-z0-9-]{0,40}`. */
export function isName(text: string): boolean {
  return NAME.test(text);
}
