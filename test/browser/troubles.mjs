import { withClient } from '../../tools/postgres/index.mjs';

/**
 * From now on no order can be confirmed, for the reason given, until it is repaired.
 *
 * @param {string} database Connection URL of the order service's database.
 * @param {string} message
 * @param {string} [customer] Only orders of this one.
 */
export async function breakConfirm(database, message, customer = '') {
  const whose = customer === '' ? '' : ` and new.customer_id = '${customer}'`;
  await run(
    database,
    `create or replace function refuse_confirm() returns trigger language plpgsql as $break$
     begin raise exception '%', $text$${message}$text$; end $break$;
     create or replace trigger refuse_confirm before update on customer_order for each row
     when (new.status = 'confirmed'${whose}) execute function refuse_confirm()`,
  );
}

/** @param {string} database */
export async function repairConfirm(database) {
  await run(database, 'drop trigger if exists refuse_confirm on customer_order');
}

/**
 * @param {string} database
 * @param {string} sql
 */
async function run(database, sql) {
  await withClient(database, async (client) => {
    await client.query(sql);
  });
}
