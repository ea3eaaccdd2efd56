import { expectGenerated, tableOfVariables } from '../../../../test/setup/generated-docs.js';
import {
  ConfigurationError,
  kafkaOf,
  parseEnvironment,
  ServiceEnvironment,
} from './environment.js';

const DATABASE_URL = 'postgres://user@127.0.0.1:5432/skald_order';
const COORDINATOR_URL = 'http://127.0.0.1:4600';
const required = { DATABASE_URL, COORDINATOR_URL };

test('two URLs are enough', () => {
  expect(parseEnvironment(ServiceEnvironment, { ...required, KAFKA_BROKERS: '' })).toEqual({
    PORT: 0,
    HOST: '127.0.0.1',
    ...required,
    DATABASE_POOL_SIZE: 20,
    SKALD_TOPIC_PREFIX: 'skald',
    SKALD_KAFKA_PARTITIONS: 6,
  });
});

test('brokers are a list', () => {
  const environment = { ...required, KAFKA_BROKERS: 'a:9092,b:9092' };
  expect(kafkaOf(parseEnvironment(ServiceEnvironment, environment))).toEqual({
    brokers: ['a:9092', 'b:9092'],
    topicPrefix: 'skald',
    createPartitions: 6,
  });
  expect(kafkaOf(parseEnvironment(ServiceEnvironment, required))).toBeUndefined();
});

test('every wrong variable is named at once, on one line', () => {
  const read = () =>
    parseEnvironment(ServiceEnvironment, {
      PORT: 'x',
      DATABASE_POOL_SIZE: '1',
      KAFKA_BROKERS: ',',
    });
  expect(read).toThrow(ConfigurationError);
  expect(read).toThrow(
    /^[^\n]*PORT[^\n]*DATABASE_URL[^\n]*POOL_SIZE[^\n]*KAFKA_BROKERS[^\n]*COORDINATOR_URL[^\n]*$/,
  );
});

test('docs/reference/configuration.md has every variable of the services, as it is', async () => {
  const table = tableOfVariables(ServiceEnvironment);
  await expectGenerated('docs/reference/configuration.md', 'services', table);
});
