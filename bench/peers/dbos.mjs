// DBOS Transact: one workflow, its calls and compensations steps of their own, each checkpointed.
import { DBOS } from '@dbos-inc/dbos-sdk';
import { httpClient } from './http.mjs';

let call;

async function step(path, id) {
  const work = async () => {
    const answer = await call(path, id);
    if (!answer.ok) throw new Error(`rejected ${path}`);
    return answer;
  };
  return DBOS.runStep(work, { name: path });
}

const placeOrder = DBOS.registerWorkflow(
  async ({ id, fail }) => {
    const undo = [];
    try {
      undo.push('/release');
      await step('/reserve', id);
      undo.push('/refund');
      await step('/charge', id);
      await step(fail ? '/confirm?fail=1' : '/confirm', id);
      return true;
    } catch {
      for (const path of undo.reverse()) await step(path, id);
      return false;
    }
  },
  { name: 'placeOrder' },
);

export async function start({ databaseUrl, origin }) {
  const http = httpClient(origin);
  call = http.call;
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: databaseUrl,
    logLevel: 'error',
    tracingEnabled: false,
  });
  await DBOS.launch();
  const tag = Date.now().toString(36);
  return {
    async run(order, fail) {
      const id = `o-${tag}-${order}`;
      const input = { id, amount: 4200, fail };
      const handle = await DBOS.startWorkflow(placeOrder, { workflowID: id })(input);
      return handle.getResult();
    },
    async stop() {
      await DBOS.shutdown();
      await http.close();
    },
  };
}
