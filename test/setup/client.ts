/** The public views as a caller who only reads the API's documents would type them. */
export interface CallView {
  attempts: number;
  request: unknown;
  reply: unknown;
  error: { outcome: string; reason: string } | null;
}

export interface StepView {
  name: string;
  kind: string;
  state: string;
  action: CallView;
  compensation: CallView | null;
}

export interface Failure {
  step: string | null;
  participant: string | null;
  outcome: string;
  reason: string;
}

export interface TransactionItem {
  id: string;
  definition: string;
  status: string;
  version: number;
  parked: { reason: string } | null;
  failure: Failure | null;
  owner: string | null;
  createdAt: string;
  endedAt: string | null;
  deadline: string;
}

export interface BranchView {
  name: string;
  participant: string;
  vote: string | null;
  votedAt: string | null;
  acknowledged: boolean;
  reason: string | null;
}

export interface TransactionView extends TransactionItem {
  input: unknown;
  output: unknown;
  steps: StepView[];
  /** Of a two-phase transaction. */
  branches: BranchView[];
}

export interface HistoryItem {
  version: number;
  type: string;
  step: string | null;
  attempt: number | null;
  status: string;
  data: Record<string, unknown>;
}

export interface AuditItem {
  actor: string;
  action: string;
  object: string;
  reason: string | null;
  result: string;
}

export interface Problem {
  code: string;
  status: number;
  detail: string;
  errors?: { pointer: string; detail: string }[];
}

export interface List<Item> {
  items: Item[];
  nextCursor: string | null;
}

export interface Answer<Body> {
  status: number;
  headers: Headers;
  body: Body;
}

export interface Call {
  method?: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** Milliseconds; then it rejects, as it does when nobody listens. */
  timeoutMs?: number;
}

/**
 * One HTTP request with a JSON answer of the shape that the test expects, by a connection of its own: one
 * that idled, or that a process left behind when it was killed, may be reset just when it is used again.
 */
export async function call<Body>(url: string, request: Call = {}): Promise<Answer<Body>> {
  const { method = 'GET', headers = {}, body, timeoutMs = 20_000 } = request;
  const response = await fetch(url, {
    method,
    headers: {
      connection: 'close',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const { status } = response;
  return { status, headers: response.headers, body: (await response.json()) as Body };
}

export interface OrderInput {
  customerId: string;
  items: { sku: string; quantity: number }[];
  card: string;
}

/** The body that starts a place-order; by default customer `c-1` buys two widgets with a good card. */
export function placeOrder(input: Partial<OrderInput> = {}) {
  return {
    definition: 'place-order',
    input: {
      customerId: 'c-1',
      items: [{ sku: 'WIDGET', quantity: 2 }],
      card: 'tok_visa',
      ...input,
    },
  };
}
