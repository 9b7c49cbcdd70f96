import { checkRequestSchema, checkTraceSchema, questionSchema, type Check } from '@sallyport/contracts';
import { parseJson, parseTraceparent, ProblemError, type SpanReference } from '@sallyport/kit';
import * as z from 'zod/mini';

// Compiled to code, because it runs for every request. Of the traces only the checks can be refused.
const batchSchema = z.compile(z.extend(checkRequestSchema, { traces: z.optional(z.unknown()) }));
const oneSchema = z.compile(z.extend(questionSchema, { traceparent: z.optional(z.unknown()) }));

/** A trace that a check belongs to: the place of the check, and the span of the gateway. */
export type TracedCheck = { check: number; parent: SpanReference };
const none: readonly TracedCheck[] = [];

/** Reads which checks are traced. What cannot be read is left out, because a trace must not decide about a request. */
function readTraces(value: unknown, count: number): readonly TracedCheck[] {
  if (!Array.isArray(value)) return none;
  const found = new Map<number, TracedCheck>();
  for (const one of value.slice(0, count) as unknown[]) {
    const { check = count, traceparent = '' } = checkTraceSchema.safeParse(one).data ?? {};
    const parent = check < count ? parseTraceparent(traceparent) : undefined;
    if (parent?.sampled) found.set(check, { check, parent });
  }
  return [...found.values()];
}

/** Returns what is wrong with a check, and where in the body. */
function describeIssue({ path, ...issue }: z.core.$ZodIssue): string {
  const [first = 'the body', ...more] = path.map((part) =>
    typeof part === 'number' ? `[${part}]` : `.${String(part)}`,
  );
  const place = `${first.replace(/^\./, '')}${more.join('')}`;
  if (issue.message.startsWith('must ')) return `${place} ${issue.message}.`;
  if (issue.code !== 'invalid_type') return `${place} cannot be read: ${issue.message}.`;
  return `${place} must be ${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}.`;
}

function parse<T>(schema: z.ZodMiniType<T>, text: string): T {
  const body = parseJson(text);
  if (body === undefined) throw new ProblemError('bad-request', 'The body is not JSON.');
  const { data, error } = schema.safeParse(body);
  if (!data) throw new ProblemError('bad-request', describeIssue(error!.issues[0]!));
  return data;
}

/**
 * Reads the body of `POST /v1/check`. Throws `bad-request` with the first fault of a check; a batch is never answered in
 * part.
 */
export function readChecks(text: string): { checks: Check[]; traces: readonly TracedCheck[] } {
  const { checks, traces } = parse(batchSchema, text);
  return { checks, traces: traces === undefined ? none : readTraces(traces, checks.length) };
}

/** Reads the text of a question. Throws `bad-request` with its first fault. */
export function readQuestion(text: string): { check: Check; parent: SpanReference | undefined } {
  const { check, traceparent } = parse(oneSchema, text);
  const parent = typeof traceparent === 'string' ? parseTraceparent(traceparent) : undefined;
  return { check, parent: parent?.sampled ? parent : undefined };
}
