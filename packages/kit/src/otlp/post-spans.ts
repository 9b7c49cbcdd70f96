import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { describeFetchFailure, type OutboundFetch } from '../http/bound-fetch.ts';
import { parseJson } from '../json/parse-json.ts';
import type { Delivery } from './span-queue.ts';

const timeoutMs = 10_000;
/** The responses after which the same batch may be sent again (OTLP, "Retryable Response Codes"). */
const temporary: readonly number[] = [429, 502, 503, 504];

const noReceiver: Delivery = { outcome: 'refused', why: 'it did not answer as an OTLP/HTTP receiver does' };

type Answer = { partialSuccess?: { rejectedSpans?: unknown } | null };

function readAnswer(body: Uint8Array, contentType: string): Answer | undefined {
  if (body.length === 0) return {};
  if (/json/i.test(contentType)) return parseJson(Buffer.from(body).toString('utf8')) as Answer | undefined;
  return /protobuf/i.test(contentType) ? ProtobufTraceSerializer.deserializeResponse(body) : undefined;
}

/** Reads how many spans of a batch were refused. Undefined if the response is not one of OTLP. */
function readRefused(body: Uint8Array, contentType: string): number | undefined {
  try {
    const answer = readAnswer(body, contentType);
    if (typeof answer !== 'object' || answer === null) return undefined;
    const refused = Number(answer.partialSuccess?.rejectedSpans ?? 0);
    return Number.isSafeInteger(refused) && refused >= 0 ? refused : undefined;
  } catch {
    return undefined;
  }
}

function retryAfterMs(text: string | null): number | undefined {
  return text !== null && /^\d{1,5}$/.test(text) ? Number(text) * 1000 : undefined;
}

async function readDelivery(response: Response): Promise<Delivery> {
  const { status, headers } = response;
  if (temporary.includes(status)) {
    const afterMs = retryAfterMs(headers.get('retry-after'));
    return { outcome: 'later', why: `it answers ${status}`, afterMs };
  }
  if (status < 200 || status > 299) return { outcome: 'refused', why: `it answers ${status}` };
  const refused = readRefused(new Uint8Array(await response.arrayBuffer()), headers.get('content-type') ?? '');
  if (refused === undefined) return noReceiver;
  return { outcome: 'sent', refused, ...(refused > 0 ? { why: 'it accepts only a part of the spans' } : {}) };
}

/** Creates what posts a batch of spans to a collector (OTLP/HTTP, protobuf). `base` is its base URL. */
export function createPostSpans({ base, fetch }: { base: string; fetch: OutboundFetch }) {
  return async (batch: readonly ReadableSpan[]): Promise<Delivery> => {
    const body = ProtobufTraceSerializer.serializeRequest([...batch]);
    try {
      const response = await fetch(`${base}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      });
      return await readDelivery(response);
    } catch (error) {
      return { outcome: 'later', why: describeFetchFailure(error, timeoutMs) };
    }
  };
}
