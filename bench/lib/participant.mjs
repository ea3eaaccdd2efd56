// A participant that does nothing: the same process answers all contenders, so that only the coordinators
// differ. It counts what it is asked for, so that a run can be reconciled.
//   POST /skald/v1/commands   Skald's envelope, 1 to 100 commands
//   POST /batch               the floor's envelope: [{ "p": operation, "id", "fail" }] -> [true, false]
//   POST /<operation>         one call; ?fail=1 answers 409 (DTM adds parameters of its own)
//   GET  /stats, POST /reset  counters by operation
//   POST /pace?<ms>           answers take so long from now on
// Arguments: ms that an answer takes, and how many are worked on at once (0 = all).
import http from 'node:http';

let [answerAfterMs = 0, atOnce = 0] = process.argv.slice(2).map(Number);

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

/** @param {{ p: string, fail?: boolean }[]} commands */
function answerBatch(commands) {
  return JSON.stringify(
    commands.map(({ p, fail = false }) => {
      count(p);
      return !fail;
    }),
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

/**
 * @param {http.ServerResponse} response
 * @param {string} path
 * @param {Buffer[]} chunks
 */
function work(response, path, chunks) {
  if (path === '/skald/v1/commands') {
    const commands = JSON.parse(Buffer.concat(chunks).toString());
    const body = `[${commands.map(answer).join(',')}]`;
    reply(response, 200, 'application/cloudevents-batch+json', body);
  } else if (path === '/batch') {
    const body = answerBatch(JSON.parse(Buffer.concat(chunks).toString()));
    reply(response, 200, 'application/json', body);
  } else {
    const question = path.indexOf('?');
    count(question < 0 ? path.slice(1) : path.slice(1, question));
    const failed = question > 0 && path.includes('fail=1', question);
    reply(
      response,
      failed ? 409 : 200,
      'application/json',
      failed ? '{"ok":false}' : '{"ok":true}',
    );
  }
}

/** @type {(() => void)[]} */
const waiting = [];
let busy = 0;

/** @param {() => void} done */
function slowly(done) {
  if (atOnce > 0 && busy >= atOnce) {
    waiting.push(() => slowly(done));
    return;
  }
  busy++;
  setTimeout(() => {
    busy--;
    done();
    waiting.shift()?.();
  }, answerAfterMs);
}

const server = http.createServer((request, response) => {
  /** @type {Buffer[]} */
  const chunks = [];
  const path = request.url ?? '/';
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    if (path === '/stats') {
      reply(response, 200, 'application/json', JSON.stringify(counters));
    } else if (path === '/reset') {
      counters = {};
      reply(response, 200, 'application/json', '{}');
    } else if (path.startsWith('/pace?')) {
      answerAfterMs = Number(path.slice('/pace?'.length));
      reply(response, 200, 'application/json', '{}');
    } else if (answerAfterMs > 0) {
      slowly(() => work(response, path, chunks));
    } else {
      work(response, path, chunks);
    }
  });
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () =>
  process.send?.({ port: /** @type {import('node:net').AddressInfo} */ (server.address()).port }),
);
process.on('disconnect', () => process.exit(0));
