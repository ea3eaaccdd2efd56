import { execFileSync } from 'node:child_process';
import { bodyOf, curlOf } from './start-request.js';

test('labels with colons in their values stay whole', () => {
  expect(bodyOf('place-order', {}, ['shop:eu', 'url:http://x'])).toEqual({
    definition: 'place-order',
    input: {},
    labels: { shop: 'eu', url: 'http://x' },
  });
});

test('a shell takes the curl as one command with the very body', () => {
  const body = bodyOf('place-order', { note: `it's $HOME "quoted" \`x\`` }, []);
  const echo = curlOf('http://127.0.0.1:4600', body).replace(/^curl/, 'printf "%s\\n" ');
  const words = execFileSync('sh', ['-c', echo], { encoding: 'utf8' }).trimEnd().split('\n');
  expect(JSON.parse(words.at(-1) ?? '')).toEqual(body);
});
