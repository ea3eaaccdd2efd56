import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { settingsOf, type SkaldParticipantOptions } from './options.js';
import { SkaldServer } from './server/skald-server.js';
import { DATA_SOURCE, SETTINGS } from './tokens.js';

/**
 * Makes an app a participant: registers the transport strategy that `startParticipant(app)` connects.
 */
@Module({})
export class SkaldParticipantModule {
  static forRoot(options: SkaldParticipantOptions): DynamicModule {
    return {
      module: SkaldParticipantModule,
      providers: [
        dataSourceProvider(options),
        {
          provide: SETTINGS,
          useFactory: (dataSource: DataSource) => settingsOf(options, dataSource),
          inject: [DATA_SOURCE],
        },
        SkaldServer,
      ],
      exports: [SkaldServer],
    };
  }
}

function dataSourceProvider({ dataSource }: SkaldParticipantOptions): Provider {
  if (dataSource instanceof DataSource) return { provide: DATA_SOURCE, useValue: dataSource };
  return { provide: DATA_SOURCE, useExisting: dataSource ?? DataSource };
}
