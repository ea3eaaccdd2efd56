import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { isStepName } from '@skald/core';
import { z } from 'zod';
import { checked } from '../http/field-errors.js';
import { Describe } from '../openapi/describe.js';
import { SERVER_OPTIONS, type ServerOptions } from '../options.js';
import { transactionIdIn } from './start-request.js';

const DecisionRequest = z
  .strictObject({
    step: z
      .string()
      .refine(isStepName, 'expected a skaldstep, like ledger.1')
      .describe(
        'The `skaldstep` of the prepare: `<branch>.<round>`, within a saga `<step>.` before.',
      ),
  })
  .meta({ id: 'DecisionRequest' });

const DecisionView = z
  .strictObject({
    decision: z
      .enum(['commit', 'abort', 'undecided', 'unknown'])
      .describe('`unknown`: no such transaction or branch. It is never to be taken for abort.'),
    retryAfterMs: z.int().describe('When to ask again while it is undecided.'),
  })
  .meta({ id: 'Decision' });

/** What participants ask that prepared something and heard no more. */
@Controller('v1/transactions')
export class DecisionController {
  constructor(@Inject(SERVER_OPTIONS) private readonly options: ServerOptions) {}

  @Post(':id/decision')
  @HttpCode(200)
  @Describe({
    summary: 'Ask what was decided over something prepared',
    description:
      'Aborts a transaction that is undecided past its prepare deadline: silence is no yes. ' +
      'A round that was aborted to be tried again answers `abort`.',
    body: DecisionRequest,
    answers: { 200: { description: 'What is durable.', schema: DecisionView } },
    problems: ['TRANSACTION_NOT_FOUND'],
  })
  async decide(@Param('id') text: string, @Body() body: unknown) {
    const { step } = checked(DecisionRequest, body);
    return { ...(await this.options.coordinator.decide(transactionIdIn(text), step)) };
  }
}
