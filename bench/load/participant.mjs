// A participant that does nothing: the same process answers all peers, so that only the coordinators
// differ. It counts what it is asked for, so that a run can be reconciled.
//   POST /skald/v1/commands   Skald's envelope, 1 to 100 commands
//   POST /<operation>         one call of the hand-written loop; ?fail=1 answers 409
//   GET  /stats, POST /reset  counters by operation
import http from 'node:http';

/** @type {Record<string, number>} */
let counters = {};

const count = (/** @type {string} */ name) => {
  counters[name] = (counters[name] ?? 0) + 1;
};

/** @param {Record<string, any>} command */
function answer(command) {
  const { id, subject, skaldtransaction, skaldstep, skalddirection, skaldattempt, data } = command;
  count(subject);
  const outcome =
    data.fail === true && subject === 'confirm'
      ? '{"outcome":"rejected","reason":"told-to"}'
      : '{"outcome":"succeeded","reply":{}}';
  return (
    `{"specversion":"1.0","id":"${id}/reply","source":"/skald/participant/trivial",` +
    `"type":"skald.reply.v1","subject":"${subject}","skaldtransaction":"${skaldtransaction}",` +
    `"skaldstep":"${skaldstep}","skalddirection":"${skalddirection}",` +
    `"skaldattempt":${skaldattempt},"datacontenttype":"application/json","data":${outcome}}`
  );
}

/**
 * @param {http.ServerResponse} response
 * @param {number} status
 * @param {string} type
 * @param {string} body
 */
function reply(response, status, type, body) {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

const server = http.createServer((request, response) => {
  /** @type {Buffer[]} */
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/skald/v1/commands') {
      const commands = JSON.parse(Buffer.concat(chunks).toString());
      const body = `[${commands.map(answer).join(',')}]`;
      return reply(response, 200, 'application/cloudevents-batch+json', body);
    }
    if (url.pathname === '/stats') {
      return reply(response, 200, 'application/json', JSON.stringify(counters));
    }
    if (url.pathname === '/reset') {
      counters = {};
      return reply(response, 200, 'application/json', '{}');
    }
    count(url.pathname.slice(1));
    const failed = url.searchParams.has('fail');
    return reply(response, failed ? 409 : 200, 'application/json', `{"ok":${!failed}}`);
  });
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () =>
  process.send?.({ port: /** @type {import('node:net').AddressInfo} */ (server.address()).port }),
);
process.on('disconnect', () => process.exit(0));
