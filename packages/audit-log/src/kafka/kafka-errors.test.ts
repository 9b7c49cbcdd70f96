import { describe, expect, it } from '@jest/globals';
import { isOutage, needsNewProducer, refusalOf } from './kafka-errors.ts';

/** As kafkajs builds them: the broker's error, wrapped in the errors of the retry loop. */
const protocol = (type: string, retriable: boolean) =>
  Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type, retriable });
const exhausted = (cause: Error) =>
  Object.assign(new Error(cause.message, { cause }), { name: 'KafkaJSNumberOfRetriesExceeded', retriable: false });
const final = (cause: Error) =>
  Object.assign(new Error(cause.message, { cause }), { name: 'KafkaJSNonRetriableError', retriable: false });
const connection = Object.assign(new Error('connect ECONNREFUSED'), {
  name: 'KafkaJSConnectionError',
  retriable: true,
  code: 'ECONNREFUSED',
});

describe('a failure to send', () => {
  it.each([
    ['a connection that is refused', exhausted(connection), { fresh: false, refusal: undefined, outage: true }],
    [
      'a leader that has moved',
      exhausted(protocol('NOT_LEADER_FOR_PARTITION', true)),
      { fresh: false, refusal: undefined, outage: false },
    ],
    [
      'a lost sequence',
      final(protocol('OUT_OF_ORDER_SEQUENCE_NUMBER', false)),
      { fresh: true, refusal: undefined, outage: false },
    ],
    [
      'a producer that the broker has forgotten',
      protocol('UNKNOWN_PRODUCER_ID', false),
      { fresh: true, refusal: undefined, outage: false },
    ],
    [
      'an event that is too large',
      final(protocol('MESSAGE_TOO_LARGE', false)),
      { fresh: true, refusal: 'MESSAGE_TOO_LARGE', outage: false },
    ],
    ['no answer in time', new Error('Kafka did not answer'), { fresh: false, refusal: undefined, outage: true }],
  ])('is classified: %s', (_name, error, expected) => {
    expect({ fresh: needsNewProducer(error), refusal: refusalOf(error), outage: isOutage(error) }).toEqual(expected);
  });
});
