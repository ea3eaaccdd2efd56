import { Tooltip } from '@mantine/core';
import { useNow } from './now.js';
import { exactTime, relative } from './time-format.js';

/** A time as one speaks of it, exactly on hover and focus. */
export function Time({ at }: { at: string }) {
  const now = useNow();
  return (
    <Tooltip label={exactTime(at)}>
      <time dateTime={at}>{relative(Date.parse(at), now)}</time>
    </Tooltip>
  );
}
