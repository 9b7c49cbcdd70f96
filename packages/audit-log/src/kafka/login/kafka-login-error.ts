/**
 * A login to Kafka that failed, with what to do about it in its message. It has no cause: kafkajs passes on the cause of
 * an error instead of the error.
 */
export class KafkaLoginError extends Error {
  override name = 'KafkaLoginError';
}
