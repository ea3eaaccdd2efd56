import { Crash, crashEverywhere, type CrashPlan } from './crash-everywhere.js';

class Store {
  readonly rows: string[] = [];

  load(): Promise<readonly string[]> {
    return Promise.resolve([...this.rows]);
  }

  save(row: string): Promise<void> {
    this.rows.push(row);
    return Promise.resolve();
  }
}

class Bus {
  readonly delivered: string[] = [];

  send(message: string): Promise<void> {
    this.delivered.push(message);
    return Promise.resolve();
  }
}

async function deliverOnce(store: Store, bus: Bus): Promise<void> {
  if ((await store.load()).length === 0) await store.save('commit');
  for (const row of await store.load()) await bus.send(row);
}

function dyingOnce(work: (store: Store, bus: Bus) => Promise<void>) {
  return async (plan: CrashPlan) => {
    const store = new Store();
    const bus = new Bus();
    try {
      await work(plan.wrap(store), plan.wrap(bus));
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      await work(store, bus);
    }
    expect(store.rows).toEqual(['commit']);
    expect(bus.delivered).toContain('commit');
  };
}

test('what is saved before it is sent arrives wherever the process dies', async () => {
  await expect(crashEverywhere(dyingOnce(deliverOnce))).resolves.toBe(9); // Four calls, and one run more.
});

test('what is sent only by the life that saved it gets lost, and that is noticed', async () => {
  const sendsOnlyNew = async (store: Store, bus: Bus) => {
    if ((await store.load()).length > 0) return;
    await store.save('commit');
    await bus.send('commit');
  };

  await expect(crashEverywhere(dyingOnce(sendsOnlyNew))).rejects.toThrow('toContain');
});

test('a process dies once and stays dead', async () => {
  const deaths: unknown[] = [];

  await crashEverywhere(async (plan) => {
    const store = plan.wrap(new Store());
    for (const row of ['a', 'b', 'c']) {
      await store.save(row).catch((error: unknown) => deaths.push(error));
      if (plan.isReached) await expect(store.load()).rejects.toThrow(Crash);
    }
  });

  expect(deaths.length).toBeGreaterThan(6);
});

test('a scenario that never gets through ends all the same', async () => {
  const endless = async (plan: CrashPlan) => {
    const store = plan.wrap(new Store());
    for (let calls = 0; !plan.isReached; calls++) await store.save('x').catch(() => undefined);
  };

  await expect(crashEverywhere(endless, 5)).rejects.toThrow('after 5 runs');
});
