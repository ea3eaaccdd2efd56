import { Controller, Get, NotFoundException, Param } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { CustomerId } from '@skald/contracts';
import { Repository } from 'typeorm';
import { Account, OPENING_BALANCE_CENTS } from './account.entity.js';

/** What customers have, to look at. */
@Controller('accounts')
export class AccountsController {
  constructor(@InjectRepository(Account) private readonly accounts: Repository<Account>) {}

  /** Every customer has an account; one never used is not stored yet, and looking does not open it. */
  @Get(':id')
  async find(@Param('id') id: string) {
    if (!CustomerId.safeParse(id).success) throw new NotFoundException(`no customer ${id}`);
    const account = await this.accounts.findOneBy({ id });
    return { id, balanceCents: account?.balanceCents ?? OPENING_BALANCE_CENTS };
  }
}
