import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { order } from '@skald/contracts';
import {
  HealthController,
  kafkaOf,
  serve,
  SkaldParticipantModule,
  type Service,
  type ServiceConfig,
} from '@skald/participant';
import type { DataSource } from 'typeorm';
import { ENTITIES, openOrder } from './database.js';
import { OrderParticipant } from './order.participant.js';
import { OrdersController } from './orders.controller.js';

/** The order service: catalogue and orders. */
@Module({ controllers: [OrderParticipant, OrdersController, HealthController] })
class OrderModule {
  static forRoot(dataSource: DataSource, config: ServiceConfig): DynamicModule {
    return {
      module: OrderModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => dataSource.options,
          dataSourceFactory: () => Promise.resolve(dataSource),
        }),
        TypeOrmModule.forFeature(ENTITIES),
        SkaldParticipantModule.forRoot({ participant: order, dataSource, kafka: kafkaOf(config) }),
      ],
    };
  }
}

/** Opens the service's database and serves. */
export async function startOrder(config: ServiceConfig): Promise<Service> {
  const { DATABASE_URL: url, DATABASE_POOL_SIZE: poolSize, HOST: host, PORT: port } = config;
  const dataSource = await openOrder({ url, poolSize });
  return serve({ module: OrderModule.forRoot(dataSource, config), host, port });
}
