export { RedeliverLater } from './bus/bus.js';
export type {
  AssignedTopic,
  Bus,
  BusBatch,
  BusHealth,
  BusLog,
  BusMessage,
  CloseOptions,
  ConsumerHealth,
  OutgoingMessage,
  SubscribeOptions,
  Subscription,
  TopicDescription,
  TopicSpec,
} from './bus/bus.js';
export { KafkajsBus, type KafkajsBusOptions } from './bus/kafkajs-bus.js';
export { Lanes, type LanesHooks, type NextOffset } from './bus/lanes.js';
export { busLog } from './bus-log.js';
export type { KafkaParticipant } from './kafka-routes.js';
export { KafkaPrepared, type KafkaPreparedOptions } from './kafka-prepared.js';
export { KafkaTransport, type KafkaTransportOptions } from './kafka-transport.js';
