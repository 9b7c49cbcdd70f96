import * as z from 'zod/mini';
import { about } from '../text/about.ts';

const range = 'must be a share from 0 to 1, such as 0.05 for five in a hundred';

/** The base URL of a collector. Empty means none, so that a template can leave it open. */
export const otlpSchema = z.pipe(
  z.string(),
  z.transform((text, context) => {
    if (text === '') return undefined;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
      context.issues.push({
        code: 'custom',
        message: 'not an http(s) URL without user, query and fragment; write it like http://collector:4318',
        input: text,
      });
      return z.NEVER;
    }
    const base = url.href.replace(/\/+$/, '');
    if (base.endsWith('/v1/traces')) {
      context.issues.push({
        code: 'custom',
        message: 'must end before /v1/traces, which the gateway adds',
        input: text,
      });
      return z.NEVER;
    }
    return base;
  }),
);

/** Where spans of requests are sent, and of how many requests. */
export const tracingSchema = z.prefault(
  z.strictObject({
    otlp: about(
      'The collector: the base URL of its OTLP/HTTP receiver, such as http://collector:4318. The path /v1/traces is added. Tracing is off without it.',
      z.pipe(
        z.nullish(otlpSchema),
        z.transform((url) => url ?? undefined),
      ),
    ),
    sample: about(
      'The share of requests that are traced, from 0 to 1. The gateway decides, whatever a client sends.',
      z._default(z.number().check(z.minimum(0, range), z.maximum(1, range)), 0.01),
    ),
  }),
  {},
);
export type TracingConfig = z.infer<typeof tracingSchema>;
