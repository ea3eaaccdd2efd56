import type { Reply } from '@skald/core';

/** A yes. What the handler answered comes with the acknowledgement of commit. */
export const VOTE_COMMIT: Reply = { outcome: 'succeeded', reply: {}, vote: 'commit' };

/** The answer to a prepare whose row, or handler, says `reply`. Only a read-only vote carries a reply. */
export function voteOf(reply: Reply): Reply {
  return reply.outcome === 'succeeded' && !isReadOnly(reply) ? VOTE_COMMIT : reply;
}

/** Whether it is the reply of a branch that left with its vote: nothing is to be decided for it. */
export function isReadOnly(reply: Reply): boolean {
  return reply.outcome === 'succeeded' && reply.vote === 'read-only';
}

/** The acknowledgement of a commit: what the branch answered when it was prepared. */
export function acknowledgement(reply: Reply): Reply {
  return { outcome: 'succeeded', reply: reply.outcome === 'succeeded' ? reply.reply : {} };
}
