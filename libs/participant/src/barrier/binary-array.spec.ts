import { randomUUID } from 'node:crypto';
import { participantDatabase } from '../../../../test/setup/participant.js';
import { timestampArray, uuidArray } from './binary-array.js';

it('PostgreSQL reads what was written', async () => {
  const database = await participantDatabase();
  const uuids = Array.from({ length: 100 }, () => randomUUID());
  const times = [
    0,
    -1,
    1,
    Date.UTC(1999, 11, 31, 23, 59, 59, 999),
    Date.UTC(2000, 0, 1),
    1e14,
  ].concat(Date.now(), Date.UTC(2026, 10, 26, 12, 0, 0, 1), -1e13);
  const [row] = await database.dataSource.query<{ uuids: string[]; times: Date[] }[]>(
    'select $1::uuid[]::text[] as uuids, $2::timestamptz[] as times',
    [uuidArray(uuids), timestampArray(times)],
  );
  expect(row?.uuids).toEqual(uuids);
  expect(row?.times.map((time) => time.getTime())).toEqual(times);
  await database.drop();
});

it('what is no UUID is not written', () => {
  expect(() => uuidArray(['0199-none'])).toThrow('no UUID');
});
