import { PROBLEMS, type ProblemCode } from '@skald/core';
import { z } from 'zod';

const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/** Every error of this API (RFC 9457). */
export const ProblemDocument = z
  .strictObject({
    type: z.string().describe('`urn:skald:problem:<code>`'),
    title: z.string(),
    status: z.int(),
    code: z.enum(CODES),
    detail: z.string(),
    instance: z.string().describe('The path that was asked.'),
    errors: z
      .array(z.strictObject({ pointer: z.string(), detail: z.string() }))
      .optional()
      .describe('Every wrong field, by RFC 6901 pointer.'),
  })
  .meta({ id: 'Problem' });
