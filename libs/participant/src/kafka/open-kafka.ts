import { Logger } from '@nestjs/common';
import { KafkajsBus, type BusLog } from '@skald/transport-kafka';
import type { DataSource } from 'typeorm';
import type { KafkaOptions, Settings } from '../options.js';
import { DeadLetters } from './dead-letters.js';
import { KafkaIntake } from './kafka-intake.js';

/** Replies of commands that end at the very limit still leave. */
const REPLY_MS = 2_000;

/** A Kafka intake with a bus of its own; nothing is connected yet. */
export function openKafka(
  kafka: KafkaOptions,
  { participant, handlerTimeoutMs, recoveryIntervalMs }: Settings,
  dataSource: DataSource,
): KafkaIntake {
  const prefix = kafka.topicPrefix ?? 'skald';
  const { brokers } = kafka;
  const bus = new KafkajsBus({ brokers, clientId: `${prefix}.${participant}`, log: nestLog() });
  return new KafkaIntake({
    bus,
    participant,
    prefix,
    deadLetters: new DeadLetters(dataSource),
    createPartitions: kafka.createPartitions,
    startTimeoutMs: kafka.startTimeoutMs ?? 5_000,
    drainTimeoutMs: handlerTimeoutMs + REPLY_MS,
    reportIntervalMs: recoveryIntervalMs,
  });
}

/** What the bus tells, told to Nest's log. */
function nestLog(): BusLog {
  const logger = new Logger('SkaldKafka');
  return (level, message, fields) => {
    logger[level === 'info' ? 'log' : level]({ message, ...fields });
  };
}
