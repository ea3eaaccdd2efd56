import { Controller, Get, Inject, ServiceUnavailableException } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** `GET /health/live`: the process runs. `GET /health/ready`: its database answers. */
@Controller('health')
export class HealthController {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  @Get('live')
  live() {
    return { status: 'ok' };
  }

  @Get('ready')
  async ready() {
    try {
      await this.dataSource.query('select 1');
    } catch (cause) {
      throw new ServiceUnavailableException('the database does not answer', { cause });
    }
    return { status: 'ok' };
  }
}
