import * as z from 'zod/mini';
import { streamsChangedSchema } from './stream-list.ts';

// What a session store publishes, and what authorize passes on to the gateways over `GET /v1/changes`.

const sessionMembers = { sessionId: z.string(), issuer: z.string(), subject: z.string(), at: z.number() };

/** A message on the Redis channel of session changes: a session has ended, or has changed (its groups, say). */
export const sessionChangeSchema = z.object({ type: z.enum(['revoked', 'changed']), ...sessionMembers });
export type SessionChange = z.infer<typeof sessionChangeSchema>;

/** A message on the Redis channel of new sessions. It is for lists, and nothing that protects depends on it. */
export const sessionStartSchema = z.object(sessionMembers);
export type SessionStart = z.infer<typeof sessionStartSchema>;

/**
 * One change on the feed. `hello` begins each connection. `gap`: changes may have been missed, so that the reader must
 * check everything again. `session-started`: for those who list sessions. `elevation-changed`: a person gained or lost an elevation. `reload-requested`: read your
 * configuration again. `streams-changed`: streams began or ended somewhere, for those who list them. `streams-requested`: report your streams; only the handler parses the question, so that one it
 * cannot read does not disturb the feed. `ping`: the feed is alive.
 */
export const changeSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), policyVersion: z.string() }),
  z.object({ type: z.literal('policy-changed'), policyVersion: z.string() }),
  z.object({ type: z.literal('session-started'), ...sessionMembers }),
  z.object({ type: z.literal('session-revoked'), ...sessionMembers }),
  z.object({ type: z.literal('session-changed'), ...sessionMembers }),
  z.object({ type: z.literal('elevation-changed'), issuer: z.string(), subject: z.string() }),
  z.extend(streamsChangedSchema, { type: z.literal('streams-changed') }),
  z.object({ type: z.literal('streams-requested'), question: z.unknown() }),
  z.object({ type: z.literal('reload-requested') }),
  z.object({ type: z.literal('gap') }),
  z.object({ type: z.literal('ping') }),
]);
export type Change = z.infer<typeof changeSchema>;

/** Every line has these two members. `seq` counts up by one from 1 on each connection. */
const lineSchema = z.object({ seq: z.number(), type: z.string() });
const knownTypes: ReadonlySet<string> = new Set(changeSchema.def.options.map(({ shape }) => shape.type.def.values[0]!));

/** Writes one line of the feed, without its line feed. */
export function writeChangeLine(seq: number, change: Change): string {
  return JSON.stringify({ seq, ...change });
}

/**
 * Reads one line of the feed. Returns undefined if it is not such a line, and no change if its type is unknown to this
 * version. A known type with members that cannot be read counts as a gap.
 */
export function readChangeLine(line: string): { seq: number; change: Change | undefined } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const head = lineSchema.safeParse(value).data;
  if (head === undefined) return undefined;
  const { seq, type } = head;
  if (!knownTypes.has(type)) return { seq, change: undefined };
  return { seq, change: changeSchema.safeParse(value).data ?? { type: 'gap' } };
}
