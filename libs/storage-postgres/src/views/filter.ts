import type {
  Definition,
  Direction,
  SagaDefinition,
  StepCommand,
  TwoPhaseDefinition,
} from '@skald/core';
import { ENDED_STATUSES } from '@skald/core';
import type { ListFilter } from '@skald/engine';
import type { Values } from './reader.js';

/** Free text is looked for among the newest transactions only: it has no index. */
const SEARCHED = 100_000;

const ENDED: ReadonlySet<string> = new Set(ENDED_STATUSES);

/** The conditions of a filter over `transaction as t` and `transaction_start as s`; none is `true`. */
export function conditionsOf(
  filter: ListFilter,
  values: Values,
  definitions: readonly Definition[],
): string {
  const { statuses, definition, labels, from, to, text } = filter;
  const conditions = [
    ...(statuses ? statusCondition(statuses, values) : []),
    ...(definition === undefined ? [] : [`s.definition = ${values.add(definition)}`]),
    ...(labels && Object.keys(labels).length > 0
      ? [`s.labels @> ${values.add(JSON.stringify(labels))}::jsonb`]
      : []),
    ...(from === undefined ? [] : [`s.started_at >= ${values.time(from)}`]),
    ...(to === undefined ? [] : [`s.started_at < ${values.time(to)}`]),
    ...awaitedCondition(filter, values, definitions),
    ...(text === undefined || text === '' ? [] : [textCondition(text, values)]),
  ];
  return conditions.length === 0 ? 'true' : conditions.join(' and ');
}

/** Where all statuses are those of unfinished transactions, the index of these is enough. */
function statusCondition(statuses: readonly string[], values: Values): string[] {
  const isUnfinished = statuses.every((status) => !ENDED.has(status));
  return [
    `t.status = any(${values.add(statuses)}::text[])`,
    ...(isUnfinished ? ['t.ended_at is null'] : []),
  ];
}

/**
 * What a row waits for stands in its state as numbers of steps; their names and participants are those
 * of its definition. A sleeper names its participant itself.
 */
function awaitedCondition(
  { participant, step }: ListFilter,
  values: Values,
  definitions: readonly Definition[],
): string[] {
  if (participant === undefined && step === undefined) return [];
  const commands = definitions
    .flatMap(commandsOf)
    .filter((command) => participant === undefined || command.participant === participant)
    .filter((command) => step === undefined || command.step === step);
  const column = (key: keyof Command) => values.add(commands.map((command) => command[key]));
  const isPending = `exists (
    select from json_array_elements(t.state::json -> 'p') as pending
      join unnest(${column('name')}::text[], ${column('version')}::integer[],
                  ${column('index')}::text[], ${column('direction')}::text[])
           as c (name, version, step, direction)
        on c.name = s.definition and c.version = s.definition_version
       and c.step = pending ->> 0 and c.direction = pending ->> 1)`;
  const isAsleep =
    participant !== undefined && step === undefined
      ? ` or t.waiting_for = ${values.add(participant)}`
      : '';
  return ['t.ended_at is null', `(${isPending}${isAsleep})`];
}

interface Command {
  readonly name: string;
  readonly version: number;
  /** Of the step, as text: so it comes out of the JSON. */
  readonly index: string;
  readonly step: string;
  readonly direction: string;
  readonly participant: string;
}

function commandsOf(definition: Definition): Command[] {
  return definition.protocol === 'saga' ? ofSteps(definition) : ofBranches(definition);
}

/** A branch is looked for by its own name: rounds come and go. */
function ofBranches({ name, version, branches }: TwoPhaseDefinition): Command[] {
  return branches.flatMap(({ name: step, command }, index) => {
    const { participant } = command.mapping.operation;
    const directions: Direction[] = ['action', 'prepare', 'commit', 'abort'];
    return directions.map((direction) => {
      return { name, version, index: String(index), step, direction, participant };
    });
  });
}

function ofSteps({ name, version, steps }: SagaDefinition): Command[] {
  return steps.flatMap((step, at) => {
    const to =
      (of: Pick<Command, 'step' | 'index'>, command: StepCommand | undefined) =>
      (...directions: Direction[]): Command[] =>
        directions.flatMap((direction) => {
          if (!command) return [];
          const { participant } = command.mapping.operation;
          return { name, version, ...of, direction, participant };
        });
    const own = { step: step.name, index: String(at) };
    if (!step.group) {
      return [
        ...to(own, step.action)('action', 'bar'),
        ...to(own, step.compensation)('compensation'),
      ];
    }
    // An atomic step is looked for by its own name and by those of its branches.
    return step.group.branches.flatMap((branch, number) =>
      [step.name, branch.name].flatMap((called) => [
        ...to(
          { step: called, index: `${at}.${number}` },
          branch.command,
        )(...(['prepare', 'commit', 'abort'] as const)),
        ...to({ step: called, index: String(at) }, branch.compensation)('compensation'),
      ]),
    );
  });
}

/** An id or its beginning, or part of the reason why it failed or was parked. */
function textCondition(text: string, values: Values): string {
  const digits = text.toLowerCase().replaceAll('-', '');
  const mayBeId = /^[0-9a-f]{1,32}$/.test(digits);
  const byId = mayBeId
    ? `t.id between ${values.add(digits.padEnd(32, '0'))}::uuid
                and ${values.add(digits.padEnd(32, 'f'))}::uuid`
    : 'false';
  // Long enough to be meant as one: then the key's index alone answers.
  if (mayBeId && digits.length >= 8) return byId;
  const inState = values.add(pattern(JSON.stringify(text).slice(1, -1)));
  const inReason = values.add(pattern(text));
  return `(${byId} or (
    s.started_at >= coalesce((select started_at from transaction_start
                               order by started_at desc offset ${SEARCHED} limit 1), '-infinity')
    and t.state ilike ${inState}
    and (t.state::json #>> '{f,reason}' ilike ${inReason}
         or t.state::json #>> '{k,reason}' ilike ${inReason})))`;
}

function pattern(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}
