import http from 'node:http';
import { start } from './floor.mjs';

const floor = await start(JSON.parse(process.env.FLOOR_OPTIONS));
let order = 0;
const server = http.createServer((request, response) => {
  request.resume();
  request.on('end', async () => {
    const done = await floor.run(order++, request.url.endsWith('fail=1'));
    const body = `{"done":${done}}`;
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit(0));
