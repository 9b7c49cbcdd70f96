import { z } from 'zod';

const range = 'must be a share from 0 to 1, such as 0.05 for five in a hundred';

/** The base URL of a collector. Empty means none, so that a template can leave it open. */
export const otlpSchema = z.string().transform((text, context) => {
  if (text === '') return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    context.addIssue({
      code: 'custom',
      message: 'not an http(s) URL without user, query and fragment; write it like http://collector:4318',
    });
    return z.NEVER;
  }
  const base = url.href.replace(/\/+$/, '');
  if (base.endsWith('/v1/traces')) {
    context.addIssue({ code: 'custom', message: 'must end before /v1/traces, which the gateway adds' });
    return z.NEVER;
  }
  return base;
});

/** Where spans of requests are sent, and of how many requests. */
export const tracingSchema = z
  .strictObject({
    otlp: otlpSchema.nullish().transform((url) => url ?? undefined),
    sample: z.number().min(0, range).max(1, range).default(0.01),
  })
  .prefault({});
export type TracingConfig = z.infer<typeof tracingSchema>;
