type Values = Readonly<Record<string, unknown>>;

/** Search parameters as everybody writes them: one name once or, for a list, several times. */
export function parseSearch(text: string): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {};
  const parameters = new URLSearchParams(text);
  for (const name of new Set(parameters.keys())) {
    const all = parameters.getAll(name);
    found[name] = all.length === 1 ? (all[0] ?? '') : all;
  }
  return found;
}

/** The reverse; what is empty is left out. */
export function stringifySearch(values: Values): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const one of [value].flat()) {
      if (typeof one === 'string' && one !== '') parameters.append(name, one);
      if (typeof one === 'number' || one === true) parameters.append(name, String(one));
    }
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
