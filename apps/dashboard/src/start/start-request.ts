export interface StartBody {
  readonly definition: string;
  readonly input: unknown;
  readonly labels?: Readonly<Record<string, string>>;
}

/** The body of a start. `labels` as `name:value`. */
export function bodyOf(definition: string, input: unknown, labels: readonly string[]): StartBody {
  const named = labels.map((label) => {
    const colon = label.indexOf(':');
    return [label.slice(0, colon), label.slice(colon + 1)] as const;
  });
  return {
    definition,
    input,
    ...(named.length > 0 && { labels: Object.fromEntries(named) }),
  };
}

/** The same start for a shell. */
export function curlOf(origin: string, body: StartBody): string {
  const json = JSON.stringify(body).replaceAll("'", String.raw`'\''`);
  return [
    `curl -s -X POST ${origin}/v1/transactions \\`,
    `  -H 'content-type: application/json' -H 'prefer: wait=10' \\`,
    `  -d '${json}'`,
  ].join('\n');
}
