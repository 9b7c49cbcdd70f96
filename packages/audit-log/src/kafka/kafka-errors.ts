/** The broker refuses the events themselves. Sending them again gets the same answer. */
const refusals = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP']);

/** Returns the broker's name for a failure, however many errors of kafkajs wrap it. */
function errorType(error: unknown): string | undefined {
  for (let at = error as { type?: unknown; cause?: unknown } | undefined; at != null; at = at.cause as typeof at) {
    if (typeof at.type === 'string') return at.type;
  }
  return undefined;
}

/** Returns the broker's name for the refusal if it refuses the messages themselves, otherwise undefined. */
export function refusalOf(error: unknown): string | undefined {
  const type = errorType(error);
  return type !== undefined && refusals.has(type) ? type : undefined;
}

/**
 * Reports whether sending needs a new producer. Connection errors and stale metadata go away by themselves. Anything
 * else (a lost sequence, an unknown producer id) does not.
 */
export function needsNewProducer(error: unknown): boolean {
  const { name, retriable, cause } = error as { name?: string; retriable?: boolean; cause?: { retriable?: boolean } };
  return name === 'KafkaJSNumberOfRetriesExceeded' ? cause?.retriable === false : retriable === false;
}

/** Reports whether the error did not come from a broker: it cannot be reached or did not answer. */
export function isOutage(error: unknown): boolean {
  return errorType(error) === undefined;
}

/** Reports whether a topic was created so recently that the broker does not know it, or its leaders, yet. */
export function isNotReadyYet(error: unknown): boolean {
  const type = errorType(error);
  return type === 'UNKNOWN_TOPIC_OR_PARTITION' || type === 'LEADER_NOT_AVAILABLE';
}

/** Thrown when the log refuses the events themselves, so that sending them again is pointless. */
export class UndeliverableError extends Error {
  override readonly name = 'UndeliverableError';
}
