/**
 * What a name is on the other side. They are few and come again in every record, and making one from the
 * other costs more than all the rest of it. What strangers send is not kept without bound.
 */
class Names {
  readonly #known = new Map<string, string | undefined>();

  constructor(private readonly translate: (name: string) => string | undefined) {}

  of(name: string): string | undefined {
    if (this.#known.has(name)) return this.#known.get(name);
    const translated = this.translate(name);
    if (this.#known.size < MAX_KNOWN_NAMES) this.#known.set(name, translated);
    return translated;
  }
}

const MAX_KNOWN_NAMES = 100;

const headerNames = new Names((name) => (name === 'traceparent' ? name : `ce_${name}`));

const attributeNames = new Names((name) => {
  if (name === 'traceparent') return name;
  return name.startsWith('ce_') ? name.slice('ce_'.length) : undefined;
});

/** CloudEvents attributes as Kafka headers (binary content mode): `ce_` before all but `traceparent`. */
export function toHeaders(
  attributes: Readonly<Record<string, string | number | boolean>>,
): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ce_specversion: '1.0',
  };
  for (const name of Object.keys(attributes)) {
    headers[headerNames.of(name) ?? name] = String(attributes[name]);
  }
  return headers;
}

/** Inverse of `toHeaders`; headers that are no attributes are left out. */
export function fromHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const header of Object.keys(headers)) {
    const name = attributeNames.of(header);
    const value = headers[header];
    if (name !== undefined && value !== undefined) attributes[name] = value;
  }
  return attributes;
}
