import { supervise } from './supervisor.mjs';

interface Fake {
  pid: number;
  exited: Promise<void>;
  stop: () => Promise<void>;
  die: () => void;
}

function fakeProcess(pid: number): Fake {
  let die: () => void = () => undefined;
  const exited = new Promise<void>((resolve) => (die = resolve));
  const stop = () => {
    die();
    return exited;
  };
  return { pid, exited, stop, die };
}

describe('a supervisor', () => {
  it('tries on until the process serves again', async () => {
    const started: Fake[] = [];
    const reports: string[] = [];
    let failures = 1;
    let back: () => void = () => undefined;
    const isBack = new Promise<void>((resolve) => (back = resolve));
    const supervised = await supervise({
      name: 'order',
      start: () => {
        if (started.length === 1 && failures-- > 0) return Promise.reject(new Error('no database'));
        started.push(fakeProcess(started.length + 1));
        return Promise.resolve(started.at(-1) as Fake);
      },
      onStart: () => {
        if (started.length === 2) back();
      },
      report: (line) => reports.push(line),
    });
    started[0]?.die();
    await isBack;
    expect(reports).toEqual([
      'order ended, starting it again',
      'order does not start, trying on: no database',
    ]);
    await supervised.stop();
    expect(started).toHaveLength(2);
  });

  it('throws when the first start fails', async () => {
    const start = () => Promise.reject(new Error('bad'));
    const options = { name: 'order', start, onStart: () => undefined, report: () => undefined };
    await expect(supervise(options)).rejects.toThrow('bad');
  });

  it('stops a process that comes up while it is being stopped', async () => {
    const first = fakeProcess(1);
    const second = fakeProcess(2);
    let release: (fake: Fake) => void = () => undefined;
    let asked: () => void = () => undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    let starts = 0;
    const supervised = await supervise({
      name: 'order',
      start: () => {
        starts += 1;
        if (starts === 1) return Promise.resolve(first);
        asked();
        return new Promise<Fake>((resolve) => (release = resolve));
      },
      onStart: () => undefined,
      report: () => undefined,
    });
    first.die();
    await isAsked;
    const stopped = supervised.stop();
    release(second);
    await stopped;
    await second.exited;
    expect(starts).toBe(2);
  });
});
