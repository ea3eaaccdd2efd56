import * as z from 'zod/mini';

// The policy of the page forbids `new Function`, and the probe whether it works is reported, too.
z.config({ jitless: true });

export { z };
