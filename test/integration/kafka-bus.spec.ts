import { busConformance } from '@skald/testing';
import { KafkajsBus } from '@skald/transport-kafka';
import { kafkaBrokers } from '../setup/kafka.js';

busConformance('kafkajs and Apache Kafka', async () => {
  const brokers = await kafkaBrokers();
  return {
    makeBus: () => new KafkajsBus({ brokers, clientId: 'conformance', log: () => undefined }),
    tearDown: () => Promise.resolve(),
  };
});
