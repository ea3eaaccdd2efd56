/** PostgreSQL's driver gives bigint as text; amounts of money stay well below 2^53 cents. */
export const cents = { to: (value: number) => value, from: Number };
