import { parseCoordinatorOptions, parseStartOptions, UsageError } from './options.mjs';
import { mergeParticipants } from './participants.mjs';
import { choosePorts } from './ports.mjs';

describe('the options of npm start', () => {
  it('have defaults', () => {
    expect(parseStartOptions([])).toEqual({
      port: 4600,
      dataDir: `${process.cwd()}/.skald`,
      kafka: false,
      without: [],
      demo: false,
      help: false,
    });
  });

  it('are read from the command line', () => {
    const words = ['--port', '0', '--data-dir=/tmp/x', '--kafka', '--demo'];
    expect(parseStartOptions([...words, '--without', 'warehouse-south,payment'])).toMatchObject({
      port: 0,
      dataDir: '/tmp/x',
      kafka: true,
      demo: true,
      without: ['payment', 'warehouse-south'],
    });
    expect(parseCoordinatorOptions(['--port', '4620'])).toMatchObject({ port: 4620 });
  });

  it.each([
    [['--prot', '1'], "Unknown option '--prot'"],
    [['--port', 'x'], '--port wants a number from 0 to 65530, got "x"'],
    [['--port', '65531'], '--port wants a number'],
    [
      ['--without', 'stock'],
      '--without wants some of order, payment, inventory, warehouse-north, warehouse-south, got "stock"',
    ],
    [['start'], "Unexpected argument 'start'"],
  ])('refuse %j in one line', (words, message) => {
    expect(() => parseStartOptions(words)).toThrow(UsageError);
    expect(() => parseStartOptions(words)).toThrow(message);
    expect(() => parseStartOptions(words)).not.toThrow('\n');
  });
});

describe('SKALD_PARTICIPANTS', () => {
  it('of the user goes over ours', () => {
    const ours = { order: 'http://127.0.0.1:1', inventory: 'http://127.0.0.1:2' };
    const merged = mergeParticipants(ours, ' inventory=http://127.0.0.1:5001#batch ; mail=kafka;');
    expect(merged).toBe(
      'order=http://127.0.0.1:1;inventory=http://127.0.0.1:5001#batch;mail=kafka',
    );
  });

  it('that cannot be read is refused', () => {
    expect(() => mergeParticipants({}, 'inventory')).toThrow(UsageError);
  });
});

describe('the ports of a run', () => {
  it('are free and different ones for 0, and a port in use is named', async () => {
    const { a, b } = await choosePorts(0, ['a', 'b']);
    expect(a).not.toBe(b);
    const { createServer } = await import('node:net');
    const server = createServer().listen(a, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    await expect(choosePorts(a, ['a'])).rejects.toThrow(`Port ${String(a)}, for a, is in use`);
    await expect(choosePorts(a, ['a'], ['a'])).resolves.toEqual({ a });
    await new Promise((resolve) => server.close(resolve));
  });
});
