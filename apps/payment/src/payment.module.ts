import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { payment } from '@skald/contracts';
import {
  HealthController,
  kafkaOf,
  serve,
  SkaldParticipantModule,
  type Service,
  type ServiceConfig,
} from '@skald/participant';
import type { DataSource } from 'typeorm';
import { ENTITIES, openPayment } from './database.js';
import { AccountsController } from './accounts.controller.js';
import { PaymentParticipant } from './payment.participant.js';
import { PaymentsController } from './payments.controller.js';

/** The payment service: customers' accounts and what was charged. */
@Module({
  controllers: [PaymentParticipant, AccountsController, PaymentsController, HealthController],
})
class PaymentModule {
  static forRoot(dataSource: DataSource, config: ServiceConfig): DynamicModule {
    return {
      module: PaymentModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => dataSource.options,
          dataSourceFactory: () => Promise.resolve(dataSource),
        }),
        TypeOrmModule.forFeature(ENTITIES),
        SkaldParticipantModule.forRoot({
          participant: payment,
          dataSource,
          kafka: kafkaOf(config),
        }),
      ],
    };
  }
}

/** Opens the service's database and serves. */
export async function startPayment(config: ServiceConfig): Promise<Service> {
  const { DATABASE_URL: url, DATABASE_POOL_SIZE: poolSize, HOST: host, PORT: port } = config;
  const dataSource = await openPayment({ url, poolSize });
  return serve({ module: PaymentModule.forRoot(dataSource, config), host, port });
}
