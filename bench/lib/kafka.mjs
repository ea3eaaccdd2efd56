import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Three trivial participants in a process of their own; returns once they have joined their groups.
 *
 * @param {string[]} brokers
 * @param {string} prefix Of the topics, which must exist.
 */
export async function startKafkaParticipants(brokers, prefix) {
  const module = fileURLToPath(new URL('./kafka-participants.mjs', import.meta.url));
  const words = [brokers.join(','), prefix];
  const child = fork(module, words, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await new Promise((resolve) => child.once('message', resolve));
  return {
    pid: child.pid ?? 0,
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.disconnect();
      await gone;
    },
  };
}
