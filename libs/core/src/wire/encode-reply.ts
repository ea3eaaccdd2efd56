import { participantSource, REPLY_TYPE, type CommandEvent } from './command.js';
import { isoTime } from './iso-time.js';
import type { Reply } from './reply.js';

/** The attributes of a reply to `command`, besides `specversion` and `data`. */
export function replyAttributes(
  command: CommandEvent,
  participant: string,
  at: number,
): Record<string, string | number | boolean> {
  const { traceparent, deadline } = command;
  const attributes: Record<string, string | number | boolean> = {
    id: `${command.id}/reply`,
    source: participantSource(participant),
    type: REPLY_TYPE,
    subject: command.operation,
    time: isoTime(at),
  };
  if (traceparent !== null) attributes['traceparent'] = traceparent;
  attributes['skaldtransaction'] = command.transaction;
  attributes['skaldstep'] = command.step;
  attributes['skalddirection'] = command.direction;
  attributes['skaldattempt'] = command.attempt;
  attributes['skaldstarted'] = isoTime(command.startedAt);
  if (deadline !== null) attributes['skalddeadline'] = isoTime(deadline);
  attributes['skaldrefusable'] = command.isRefusable;
  return attributes;
}

/**
 * A reply as one structured JSON event: as of `replyAttributes`, `specversion` and `data`, in one text. What
 * came with the command and may be any text is quoted; names, UUIDs and times need no escaping.
 */
export function encodeReply(
  command: CommandEvent,
  participant: string,
  { reply, at }: { readonly reply: Reply; readonly at: number },
): string {
  const { traceparent, deadline } = command;
  const trace = traceparent === null ? '' : `"traceparent":${JSON.stringify(traceparent)},`;
  const until = deadline === null ? '' : `"skalddeadline":"${isoTime(deadline)}",`;
  return (
    `{"specversion":"1.0","id":${JSON.stringify(`${command.id}/reply`)},` +
    `"source":"${participantSource(participant)}","type":"${REPLY_TYPE}",` +
    `"subject":${JSON.stringify(command.operation)},"time":"${isoTime(at)}",${trace}` +
    `"skaldtransaction":"${command.transaction}","skaldstep":"${command.step}",` +
    `"skalddirection":"${command.direction}","skaldattempt":${command.attempt},` +
    `"skaldstarted":"${isoTime(command.startedAt)}",${until}` +
    `"skaldrefusable":${String(command.isRefusable)},"datacontenttype":"application/json",` +
    `"data":${JSON.stringify(reply)}}`
  );
}
