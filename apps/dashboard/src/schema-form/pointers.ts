/** Messages by RFC 6901 pointer. */
export type Messages = ReadonlyMap<string, string>;

/** The pointer of a member. */
export function below(pointer: string, name: string | number): string {
  return `${pointer}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Messages at `pointer` and below, of which no field shows any: for one that shows all it has. */
export function messagesBelow(messages: Messages, pointer: string): string {
  return [...messages]
    .filter(([at]) => at === pointer || at.startsWith(`${pointer}/`))
    .map(([at, detail]) => (at === pointer ? detail : `${at.slice(pointer.length)}: ${detail}`))
    .join('\n');
}
