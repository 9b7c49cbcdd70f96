/** The broker refuses the events themselves; whoever sends them again gets the same answer. */
const refusals = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP']);

/** The broker's name for a failure, from under however many layers kafkajs put around it. */
function errorType(error: unknown): string | undefined {
  for (let at = error as { type?: unknown; cause?: unknown } | undefined; at != null; at = at.cause as typeof at) {
    if (typeof at.type === 'string') return at.type;
  }
  return undefined;
}

/** The broker's name of the refusal if it refuses these very messages, else undefined. */
export function refusalOf(error: unknown): string | undefined {
  const type = errorType(error);
  return type !== undefined && refusals.has(type) ? type : undefined;
}

/**
 * Connection trouble and a stale view of the cluster heal by themselves; anything else (a lost sequence, an unknown
 * producer id) needs a producer that begins anew.
 */
export function needsNewProducer(error: unknown): boolean {
  const { name, retriable, cause } = error as { name?: string; retriable?: boolean; cause?: { retriable?: boolean } };
  return name === 'KafkaJSNumberOfRetriesExceeded' ? cause?.retriable === false : retriable === false;
}

/** True if the broker said nothing at all: it cannot be reached, or did not answer. */
export function isOutage(error: unknown): boolean {
  return errorType(error) === undefined;
}
