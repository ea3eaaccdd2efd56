import { Module } from '@nestjs/common';
import type {
  DynamicModule,
  OnApplicationBootstrap,
  OnModuleDestroy,
  Provider,
  Type,
} from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { SkaldParticipantOptions } from '../options.js';
import { Periodic, type Job } from '../periodic.js';
import { SkaldParticipantModule } from '../skald-participant.module.js';
import { openDatabase, type ServiceDatabase } from './database.js';
import { kafkaOf, type ServiceConfig } from './environment.js';
import { HealthController } from './health.controller.js';
import { serviceLogger } from './logger.js';
import type { Service } from './run-service.js';
import { serve } from './serve.js';

/** What makes a service out of what all services have. */
export interface ServiceParts {
  /** The contract; each of its operations must have a handler among the controllers. */
  readonly participant: SkaldParticipantOptions['participant'];
  readonly database: ServiceDatabase;
  /** Handlers of commands, and the service's own REST API. */
  readonly controllers: readonly Type[];
  readonly providers?: readonly Provider[];
  /** What the service does by itself, again and again, while it runs. */
  readonly jobs?: (dataSource: DataSource) => readonly Job[];
}

@Module({})
class ServiceModule {}

class Jobs implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly jobs: readonly Periodic[];

  constructor(jobs: readonly Job[]) {
    this.jobs = jobs.map((job) => new Periodic(job));
  }

  async onApplicationBootstrap(): Promise<void> {
    await Promise.all(this.jobs.map((job) => job.start()));
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.jobs.map((job) => job.stop()));
  }
}

/** Opens the service's database and serves: handlers, REST API, health. */
export async function startService(parts: ServiceParts, config: ServiceConfig): Promise<Service> {
  const { DATABASE_URL: url, DATABASE_POOL_SIZE: poolSize, HOST: host, PORT: port } = config;
  const onWait = (error: unknown) => {
    serviceLogger.warn({ message: 'waiting for the database', error: String(error) });
  };
  const dataSource = await openDatabase(parts.database, { url, poolSize, onWait });
  return serve({ module: serviceModule(parts, dataSource, config), host, port });
}

function serviceModule(
  { participant, database, controllers, providers = [], jobs }: ServiceParts,
  dataSource: DataSource,
  config: ServiceConfig,
): DynamicModule {
  return {
    module: ServiceModule,
    imports: [
      TypeOrmModule.forRootAsync({
        useFactory: () => dataSource.options,
        dataSourceFactory: () => Promise.resolve(dataSource),
      }),
      TypeOrmModule.forFeature([...database.entities]),
      SkaldParticipantModule.forRoot({
        participant,
        dataSource,
        kafka: kafkaOf(config),
        coordinator: { url: config.COORDINATOR_URL },
        secret: config.SKALD_SECRET,
      }),
    ],
    controllers: [...controllers, HealthController],
    providers: [
      ...providers,
      { provide: Jobs, useFactory: () => new Jobs(jobs ? jobs(dataSource) : []) },
    ],
  };
}
