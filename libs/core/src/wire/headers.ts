/** CloudEvents attributes as Kafka headers (binary content mode): `ce_` before all but `traceparent`. */
export function toHeaders(
  attributes: Readonly<Record<string, string | number | boolean>>,
): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ce_specversion: '1.0',
  };
  for (const [name, value] of Object.entries(attributes)) {
    headers[name === 'traceparent' ? name : `ce_${name}`] = String(value);
  }
  return headers;
}

/** Inverse of `toHeaders`; headers that are no attributes are left out. */
export function fromHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('ce_')) attributes[name.slice(3)] = value;
    else if (name === 'traceparent') attributes[name] = value;
  }
  return attributes;
}
