import { Controller, Get, HttpCode, Inject, Post, Query, Req } from '@nestjs/common';
import { CoordinatorError } from '@skald/core';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { checked } from '../http/field-errors.js';
import { Flag, queryOf } from '../http/query.js';
import { Describe } from '../openapi/describe.js';
import { NO_QUERY } from '../openapi/shapes.js';
import { LOCAL_PRINCIPAL, SERVER_OPTIONS, type ServerOptions } from '../options.js';
import { withReason } from '../transactions/order-request.js';
import {
  InDoubtView,
  ResolvedPrepared,
  ResolvePreparedPreview,
  ResolvePreparedRequest,
  type Decision,
} from './in-doubt.schema.js';
import { consequenceOf, inDoubt } from './in-doubt-view.js';

type ResolveRequest = z.output<typeof ResolvePreparedRequest>;

const ResolveQuery = z.strictObject({
  preview: Flag.describe('Only tells what it would mean; the reason may be left out.'),
});

/** What participants have prepared, and hold locks for, and the last resort. */
@Controller('v1/in-doubt')
export class InDoubtController {
  constructor(@Inject(SERVER_OPTIONS) private readonly options: ServerOptions) {}

  @Get()
  @Describe({
    summary: 'What is prepared at participants, with the decision over it; the oldest first',
    description:
      'Participants are asked every few seconds. Of one that cannot be asked it is shown what is ' +
      'last known, and since when.',
    query: NO_QUERY,
    answers: { 200: { description: 'All that is known.', schema: InDoubtView } },
  })
  list(@Query() parameters: unknown) {
    queryOf(NO_QUERY, parameters);
    return inDoubt(this.options);
  }

  @Post('resolve')
  @HttpCode(200)
  @Describe({
    summary: 'Have a participant finish a prepared transaction, whatever was decided',
    description:
      'The last resort where the decision does not reach it. The participant keeps it as a ' +
      'heuristic outcome; one that contradicts the decision parks the transaction as ' +
      '`heuristic-mixed`, never as a success.',
    query: ResolveQuery,
    body: ResolvePreparedRequest,
    answers: {
      200: {
        description: 'Finished and audited; with `preview=true` what it would mean.',
        schema: z.union([ResolvedPrepared, ResolvePreparedPreview]),
      },
    },
    problems: ['ROUTE_NOT_FOUND', 'PARTICIPANT_UNREACHABLE'],
  })
  async resolve(@Req() request: FastifyRequest) {
    const { preview } = queryOf(ResolveQuery, request.query);
    const body = preview ? withReason(request.body) : request.body;
    const asked = checked(ResolvePreparedRequest, body);
    const { items } = await inDoubt(this.options);
    const item = items.find(
      ({ gid, participant }) => gid === asked.gid && participant === asked.participant,
    );
    const decision = item?.decision ?? 'unknown';
    const { outcome } = asked;
    const contradicts = decision !== outcome && decision !== 'unknown';
    if (preview) {
      const consequence = consequenceOf(decision, outcome);
      const meant = { outcome, decision, contradicts, irreversible: true, consequence };
      return { item: item ?? null, ...meant };
    }
    const result = await this.carryOut(asked, decision, item?.transaction);
    const { participant, gid } = asked;
    return { participant, gid, outcome, result, contradicts };
  }

  /** What happens is audited, also when it is not known whether it happened. */
  private async carryOut(asked: ResolveRequest, decision: Decision, transaction?: string) {
    const { participant, gid, outcome, reason } = asked;
    const audit = (result: string) =>
      this.options.views.recordAudit({
        ...{ at: this.options.coordinator.now(), actor: LOCAL_PRINCIPAL },
        ...{ action: 'in-doubt-resolve', object: transaction ?? gid },
        ...{ expectedVersion: null, newVersion: null, reason, result },
        data: JSON.stringify({ participant, gid, outcome, decision }),
      });
    try {
      const resolved = await this.tell(asked);
      const result = resolved === 'sent' ? 'sent' : resolved.result;
      await audit(result === 'sent' ? 'sent' : `done: ${result}`);
      return result;
    } catch (error) {
      if (error instanceof CoordinatorError) await audit(`refused: ${error.code}`);
      throw error;
    }
  }

  private async tell({ participant, gid, outcome, reason }: ResolveRequest) {
    const { inDoubt: watch } = this.options;
    if (!watch) {
      throw new CoordinatorError(
        'ROUTE_NOT_FOUND',
        'no participant can be told: SKALD_SECRET is not set',
      );
    }
    const resolved = await watch.resolve(participant, {
      gid,
      outcome,
      by: LOCAL_PRINCIPAL,
      reason,
    });
    if (resolved) return resolved;
    throw new CoordinatorError(
      'ROUTE_NOT_FOUND',
      `nothing is prepared as ${gid} at ${participant}`,
    );
  }
}
