import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import {
  CoordinatorError,
  describe,
  type Definition,
  type StepCommand,
  type StepDefinition,
  type StepDescription,
} from '@skald/core';
import type { DefinitionUse, RegisteredDefinition } from '@skald/engine';
import { z } from 'zod';
import { digits, queryOf } from '../http/query.js';
import { Describe } from '../openapi/describe.js';
import { NO_QUERY } from '../openapi/shapes.js';
import { SERVER_OPTIONS, type ServerOptions } from '../options.js';

const DefinitionItem = z
  .strictObject({
    name: z.string(),
    protocol: z.enum(['saga', 'two-phase']),
    version: z.int(),
    hash: z.string(),
    isRegistered: z.boolean().describe('Whether this coordinator can run it.'),
    open: z.int().describe('Transactions under way or parked.'),
  })
  .meta({ id: 'DefinitionItem' });

const CallTiming = z.strictObject({ timeoutMs: z.int(), maxAttempts: z.int() });

const BranchItem = z.strictObject({
  name: z.string(),
  operation: z.string().describe('`participant.operation`'),
  timeoutMs: z.int(),
  maxAttempts: z.int().describe('Prepares in one round.'),
});

const AtomicBranchItem = z.strictObject({
  ...BranchItem.shape,
  compensation: z.string().nullable().describe('`participant.operation`'),
  compensationTiming: CallTiming.nullable(),
});

const DefinitionView = z
  .strictObject({
    name: z.string(),
    protocol: z.enum(['saga', 'two-phase']),
    version: z.int(),
    hash: z.string(),
    versions: z.array(z.int()).describe('All that are registered, newest first.'),
    deadlineMs: z.int(),
    inputSchema: z.record(z.string(), z.unknown()).describe('JSON Schema 2020-12.'),
    steps: z
      .array(
        z.strictObject({
          name: z.string(),
          kind: z.enum(['compensatable', 'pivot', 'retriable']),
          action: z
            .string()
            .nullable()
            .describe('`participant.operation`; null for an atomic step.'),
          compensation: z.string().nullable(),
          actionTiming: CallTiming.nullable(),
          compensationTiming: CallTiming.nullable(),
          deadlineMs: z.int().optional().describe('Of an atomic step: until when all must vote.'),
          maxRounds: z.int().optional().describe('Of an atomic step: how often it is tried.'),
          branches: z.array(AtomicBranchItem).optional().describe('Of an atomic step.'),
        }),
      )
      .optional()
      .describe('Of a saga.'),
    branches: z.array(BranchItem).optional().describe('Of a two-phase transaction.'),
    maxRounds: z.int().optional().describe('Of a two-phase transaction: how often it is tried.'),
  })
  .meta({ id: 'Definition' });

const DefinitionQuery = z.strictObject({
  version: digits(1, Number.MAX_SAFE_INTEGER).optional().describe('The newest by default.'),
});

const DefinitionList = z.strictObject({
  items: z.array(DefinitionItem),
  nextCursor: z.null(),
});

/** What this coordinator can run. */
@Controller('v1/definitions')
export class DefinitionsController {
  constructor(@Inject(SERVER_OPTIONS) private readonly options: ServerOptions) {}

  @Get()
  @Describe({
    summary: 'Definitions, registered here or pinned by open transactions',
    query: NO_QUERY,
    answers: { 200: { description: 'All of them.', schema: DefinitionList } },
  })
  async list(@Query() parameters: unknown): Promise<z.output<typeof DefinitionList>> {
    queryOf(NO_QUERY, parameters);
    const uses = await this.options.views.runningByDefinition();
    const registered = this.options.coordinator.definitions.all();
    const items = registered.map((one) => itemOf(one, uses));
    for (const use of uses) {
      const isKnown = registered.some((one) => isUseOf(use, one));
      if (!isKnown) items.push({ ...pinOf(use), isRegistered: false });
    }
    return { items, nextCursor: null };
  }

  @Get(':name')
  @Describe({
    summary: 'One definition: its steps and the schema of its input',
    query: DefinitionQuery,
    answers: { 200: { description: 'As data.', schema: DefinitionView } },
    problems: ['ROUTE_NOT_FOUND'],
  })
  get(@Param('name') name: string, @Query() parameters: unknown): z.output<typeof DefinitionView> {
    const { version } = queryOf(DefinitionQuery, parameters);
    const { definitions } = this.options.coordinator;
    const found = definitions.find(name, version);
    if (!found)
      throw new CoordinatorError('ROUTE_NOT_FOUND', `no definition ${name} is registered`);
    const { protocol, deadlineMs, inputSchema } = describe(found.definition);
    const all = definitions.all().filter((one) => one.definition.name === name);
    return {
      name,
      protocol,
      version: found.definition.version,
      hash: found.hash,
      versions: all.map(({ definition }) => definition.version).sort((a, b) => b - a),
      deadlineMs,
      inputSchema,
      ...partsOf(found.definition),
    };
  }
}

/** Steps of a saga, branches of a two-phase definition. */
function partsOf(definition: Definition) {
  if (definition.protocol === 'two-phase') {
    const { branches, maxRounds } = describe(definition);
    return { branches: [...branches], maxRounds };
  }
  const { steps } = describe(definition);
  return {
    steps: definition.steps.flatMap((step, index) => {
      const described = steps[index];
      return described ? stepItem(step, described) : [];
    }),
  };
}

function stepItem(step: StepDefinition, described: StepDescription) {
  const { name, kind, action, compensation, group } = step;
  const item = {
    ...{ name, kind },
    ...{ action: described.action, compensation: described.compensation },
    actionTiming: timingOf(action),
    compensationTiming: timingOf(compensation),
  };
  if (!group) return item;
  const { deadlineMs, maxRounds } = group;
  const branches = (described.branches ?? []).map((branch, index) => ({
    ...branch,
    compensationTiming: timingOf(group.branches[index]?.compensation),
  }));
  return { ...item, deadlineMs, maxRounds, branches };
}

function timingOf(command: StepCommand | undefined) {
  if (!command) return null;
  return { timeoutMs: command.timeoutMs, maxAttempts: command.retry.maxAttempts };
}

function pinOf({ name, protocol, version, hash, open }: DefinitionUse) {
  return { name, protocol, version, hash, open };
}

function isUseOf(use: DefinitionUse, { definition, hash }: RegisteredDefinition): boolean {
  return use.name === definition.name && use.version === definition.version && use.hash === hash;
}

function itemOf(one: RegisteredDefinition, uses: readonly DefinitionUse[]) {
  const { name, version, protocol } = one.definition;
  const open = uses.find((use) => isUseOf(use, one))?.open ?? 0;
  return { name, protocol, version, hash: one.hash, isRegistered: true, open };
}
