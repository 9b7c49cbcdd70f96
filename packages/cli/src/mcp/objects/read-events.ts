import * as z from 'zod/mini';

const text = z._default(z.nullable(z.string()), '');
const listSchema = z.object({
  metadata: z.optional(z.object({ continue: z.optional(z.string()) })),
  items: z.array(
    z.object({
      metadata: z.object({ namespace: text, creationTimestamp: text }),
      involvedObject: z.optional(z.object({ kind: text, name: text })),
      type: text,
      reason: text,
      message: text,
      count: z.optional(z.nullable(z.number())),
      lastTimestamp: text,
      eventTime: text,
      series: z.optional(z.nullable(z.object({ count: z.optional(z.number()), lastObservedTime: text }))),
    }),
  ),
});

/** An event of a cluster, as far as it is shown. `at` is when it was seen last, in milliseconds. */
export type SeenEvent = {
  at: number;
  namespace: string;
  type: string;
  reason: string;
  object: string;
  count: number;
  message: string;
};

function seenAt(times: readonly (string | null | undefined)[]): number {
  const found = times.map((one) => Date.parse(one ?? '')).filter((ms) => Number.isFinite(ms));
  return found[0] ?? 0;
}

/** Reads a page of events. `next` continues it. Returns undefined for anything else. */
export function readEvents(body: unknown): { events: SeenEvent[]; next: string | undefined } | undefined {
  const read = listSchema.safeParse(body);
  if (!read.success) return undefined;
  const events = read.data.items.map((one): SeenEvent => {
    const { metadata, involvedObject, series } = one;
    return {
      at: seenAt([series?.lastObservedTime, one.lastTimestamp, one.eventTime, metadata.creationTimestamp]),
      namespace: metadata.namespace ?? '',
      type: one.type ?? '',
      reason: one.reason ?? '',
      object: `${involvedObject?.kind ?? ''}/${involvedObject?.name ?? ''}`,
      count: series?.count ?? one.count ?? 1,
      message: one.message ?? '',
    };
  });
  const next = read.data.metadata?.continue ?? '';
  return { events, next: next === '' ? undefined : next };
}
