import { Controller, Get, Inject, Query } from '@nestjs/common';
import { z } from 'zod';
import { queryOf } from '../http/query.js';
import { Describe } from '../openapi/describe.js';
import { API_VERSION } from '../openapi/version.js';
import { NO_QUERY } from '../openapi/shapes.js';
import { SERVER_OPTIONS, type ServerOptions } from '../options.js';
import { Time } from '../transactions/view.schema.js';

const LinkTemplate = z
  .string()
  .nullable()
  .describe(
    '`{transaction}` and `{traceId}` stand for what is looked at; null: none is configured.',
  );

const ConfigurationView = z
  .strictObject({
    version: z.string().describe('Of this API.'),
    coordinator: z.string().nullable().describe('The name of the one that answered.'),
    links: z.strictObject({ trace: LinkTemplate, log: LinkTemplate }),
    now: Time.describe("By the database's clock: ages are counted from it."),
  })
  .meta({ id: 'Configuration' });

/** What a page needs to know of the coordinator that serves it. Nothing here is secret. */
@Controller('v1/configuration')
export class ConfigurationController {
  constructor(@Inject(SERVER_OPTIONS) private readonly options: ServerOptions) {}

  @Get()
  @Describe({
    summary: 'What a page needs to know of this coordinator',
    query: NO_QUERY,
    answers: {
      200: { description: 'Its name, and where traces and logs are.', schema: ConfigurationView },
    },
  })
  get(@Query() parameters: unknown): z.output<typeof ConfigurationView> {
    queryOf(NO_QUERY, parameters);
    const { coordinator, name = null, links } = this.options;
    return {
      version: API_VERSION,
      coordinator: name,
      links: { trace: links?.trace ?? null, log: links?.log ?? null },
      now: new Date(coordinator.now()).toISOString(),
    };
  }
}
