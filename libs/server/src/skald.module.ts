import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ProblemFilter } from './http/problem.filter.js';
import { DocsController } from './openapi/docs.controller.js';
import { openApiDocument } from './openapi/document.js';
import { API_DOCUMENT } from './openapi/document-token.js';
import { API_VERSION } from './openapi/version.js';
import { SERVER_OPTIONS, type ServerOptions } from './options.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { OpenStreams } from './stream/open-streams.js';
import { StreamController } from './stream/stream.controller.js';
import { BatchesController } from './batches/batches.controller.js';
import { InDoubtController } from './in-doubt/in-doubt.controller.js';
import { DecisionController } from './transactions/decision.controller.js';
import { OrdersController } from './transactions/orders.controller.js';
import { TransactionsController } from './transactions/transactions.controller.js';
import { AuditController } from './views/audit.controller.js';
import { ConfigurationController } from './views/configuration.controller.js';
import { DeadLettersController } from './views/dead-letters.controller.js';
import { DefinitionsController } from './views/definitions.controller.js';
import { HealthController } from './views/health.controller.js';
import { OverviewController } from './views/overview.controller.js';

/** Everything that answers requests. */
export const CONTROLLERS: readonly Type[] = [
  TransactionsController,
  OrdersController,
  BatchesController,
  InDoubtController,
  DecisionController,
  DefinitionsController,
  OverviewController,
  ConfigurationController,
  AuditController,
  DeadLettersController,
  StreamController,
  HealthController,
  MetricsController,
  DocsController,
];

/** The OpenAPI 3.1 document of the whole API, as `GET /openapi.json` answers it; needs no server. */
export function apiDocument(): Readonly<Record<string, unknown>> {
  return openApiDocument(CONTROLLERS, API_VERSION);
}

/**
 * The HTTP API of a coordinator as a Nest module. It starts and stops nothing: whoever made the
 * coordinator does. Use `createServer` for an application whose doors are closed as well.
 */
@Module({})
export class SkaldModule {
  static forRoot(options: ServerOptions): DynamicModule {
    return {
      module: SkaldModule,
      controllers: [...CONTROLLERS],
      providers: [
        { provide: SERVER_OPTIONS, useValue: options },
        { provide: OpenStreams, useFactory: () => new OpenStreams(options.maxStreams ?? 100) },
        { provide: API_DOCUMENT, useFactory: apiDocument },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
    };
  }
}
