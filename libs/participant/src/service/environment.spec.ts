import {
  ConfigurationError,
  kafkaOf,
  parseEnvironment,
  ServiceEnvironment,
} from './environment.js';

const DATABASE_URL = 'postgres://user@127.0.0.1:5432/skald_order';

test('one database URL is enough', () => {
  expect(parseEnvironment(ServiceEnvironment, { DATABASE_URL, KAFKA_BROKERS: '' })).toEqual({
    PORT: 0,
    HOST: '127.0.0.1',
    DATABASE_URL,
    DATABASE_POOL_SIZE: 20,
    SKALD_TOPIC_PREFIX: 'skald',
    SKALD_KAFKA_PARTITIONS: 6,
  });
});

test('brokers are a list', () => {
  const environment = { DATABASE_URL, KAFKA_BROKERS: 'a:9092,b:9092' };
  expect(kafkaOf(parseEnvironment(ServiceEnvironment, environment))).toEqual({
    brokers: ['a:9092', 'b:9092'],
    topicPrefix: 'skald',
    createPartitions: 6,
  });
  expect(kafkaOf(parseEnvironment(ServiceEnvironment, { DATABASE_URL }))).toBeUndefined();
});

test('every wrong variable is named at once, on one line', () => {
  const read = () =>
    parseEnvironment(ServiceEnvironment, {
      PORT: 'x',
      DATABASE_POOL_SIZE: '1',
      KAFKA_BROKERS: ',',
    });
  expect(read).toThrow(ConfigurationError);
  expect(read).toThrow(/^[^\n]*PORT[^\n]*DATABASE_URL[^\n]*POOL_SIZE[^\n]*KAFKA_BROKERS[^\n]*$/);
});
