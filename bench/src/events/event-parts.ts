/** How far the events go. Each part includes the ones before it. */
export const eventParts = {
  exchange: 'the exchange, which does not count',
  record: 'building the event',
  queue: '... sealing, encoding and queueing it',
  spool: '... the same through a spool on the disk',
  kafka: '... sending it to a real broker, without a spool',
  'kafka-spool': '... sending it to a real broker, with a spool',
} as const;

export type EventPart = keyof typeof eventParts;

/** What a child measures. */
export type EventsRequest = {
  /** The root of the tree whose modules it uses. */
  tree: string;
  part: EventPart;
  brokers: string[] | undefined;
  events: number;
  /** Events that do not count, so that JIT compilers are done. */
  warmUp: number;
};
