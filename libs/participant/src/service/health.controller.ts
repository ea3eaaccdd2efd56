import { Controller, Get, Inject, ServiceUnavailableException } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SkaldServer } from '../server/skald-server.js';

/**
 * `GET /health/live`: the process runs. `GET /health/ready`: its database and its intakes do, too; `reasons`
 * also tell lesser trouble, such as transactions that are prepared for long.
 */
@Controller('health')
export class HealthController {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(SkaldServer) private readonly participant: SkaldServer,
  ) {}

  @Get('live')
  live() {
    return { status: 'ok' };
  }

  @Get('ready')
  async ready() {
    const { isReady, reasons } = this.participant.health();
    if (!isReady) throw new ServiceUnavailableException(reasons.join('; '));
    try {
      await this.dataSource.query('select 1');
    } catch (cause) {
      throw new ServiceUnavailableException('the database does not answer', { cause });
    }
    return { status: 'ok', reasons };
  }
}
