import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { inventory } from '@skald/contracts';
import {
  HealthController,
  kafkaOf,
  serve,
  SkaldParticipantModule,
  type Service,
  type ServiceConfig,
} from '@skald/participant';
import type { DataSource } from 'typeorm';
import { ENTITIES, openInventory } from './database.js';
import { ReservationsController } from './reservations.controller.js';
import { StockController } from './stock.controller.js';
import { StockParticipant } from './stock.participant.js';

/** The inventory service: stock and who holds it. */
@Module({
  controllers: [StockParticipant, StockController, ReservationsController, HealthController],
})
class InventoryModule {
  static forRoot(dataSource: DataSource, config: ServiceConfig): DynamicModule {
    return {
      module: InventoryModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => dataSource.options,
          dataSourceFactory: () => Promise.resolve(dataSource),
        }),
        TypeOrmModule.forFeature(ENTITIES),
        SkaldParticipantModule.forRoot({
          participant: inventory,
          dataSource,
          kafka: kafkaOf(config),
        }),
      ],
    };
  }
}

/** Opens the service's database and serves. */
export async function startInventory(config: ServiceConfig): Promise<Service> {
  const { DATABASE_URL: url, DATABASE_POOL_SIZE: poolSize, HOST: host, PORT: port } = config;
  const dataSource = await openInventory({ url, poolSize });
  return serve({ module: InventoryModule.forRoot(dataSource, config), host, port });
}
