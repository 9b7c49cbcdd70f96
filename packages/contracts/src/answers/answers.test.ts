import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod/mini';
import { auditRecordSchema } from '../audit/audit-event.ts';
import { auditResults } from '../audit/audit-result.ts';
import { replicaStatusSchema } from '../calls/replica-status.ts';
import { ownedStreamRowSchema } from '../calls/stream-list.ts';
import { identitySchema } from '../identity/identity.ts';
import { sessionSchema } from '../identity/session.ts';
import { arbitraryOf, memberPaths, type JsonSchema } from '../testing/json-schema.ts';
import * as answers from './index.ts';

const jsonSchema = (schema: z.ZodMiniType, io: 'input' | 'output') =>
  z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }) as JsonSchema;

/** Asserts that programs can read whatever the services may send, after a round trip through JSON. */
function expectToRead(sent: z.ZodMiniType, read: z.ZodMiniType): void {
  let parsed = 0;
  fc.assert(
    fc.property(arbitraryOf(jsonSchema(sent, 'output')), (value) => {
      const made = sent.safeParse(value);
      fc.pre(made.success);
      expect(read.safeParse(JSON.parse(JSON.stringify(made.data)))).toMatchObject({ success: true });
      parsed += 1;
    }),
  );
  expect(parsed).toBeGreaterThan(50);
}

const foundRecordSchema = z.extend(auditRecordSchema, {
  result: z.optional(z.enum(auditResults)),
  retryOf: z.optional(z.string()),
});
const login = z.pick(sessionSchema, { id: true, kind: true, expiresAt: true });
const person = z.pick(identitySchema, { user: true, email: true, name: true, groups: true, provider: true });
const pairs: [path: string, sent: z.ZodMiniType, read: z.ZodMiniType][] = [
  [
    'GET <api>/streams',
    z.object({ streams: z.array(ownedStreamRowSchema), missing: z.array(z.string()), omitted: z.number() }),
    answers.streamListSchema,
  ],
  ['GET <api>/policy/status', z.object({ replicas: z.array(replicaStatusSchema) }), answers.policyStatusSchema],
  ['GET <api>/audit', z.object({ events: z.array(foundRecordSchema) }), answers.auditPageSchema],
  [
    'POST /.sallyport/token',
    z.object({
      access_token: z.literal(`spt_${'a'.repeat(43)}`),
      session: z.pick(sessionSchema, { id: true, expiresAt: true, idleMs: true }),
      identity: z.pick(identitySchema, { user: true, email: true, groups: true }),
    }),
    answers.tokenAnswerSchema,
  ],
  ['GET /.sallyport/me', z.extend(person, { session: login }), answers.meSchema],
  [
    'GET <api>/sessions',
    z.object({ sessions: z.array(z.extend(login, { user: identitySchema.shape.user })) }),
    answers.sessionsSchema,
  ],
];

describe.each(pairs)('the answer to %s', (_path, sent, read) => {
  it('is read, whatever the contracts of its parts allow', () => {
    expectToRead(sent, read);
  });
});

describe.each(pairs.slice(0, 3))('the answer to %s', (_path, sent, read) => {
  it('has every member that is read', () => {
    const known = new Set(memberPaths(jsonSchema(sent, 'output')));
    const named = memberPaths(jsonSchema(read, 'input'));
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((path) => !known.has(path) && !/^(?:next|latest|scope|view)\b/.test(path))).toEqual([]);
  });
});

describe('an answer of a newer gateway', () => {
  const schemas = Object.values(answers).filter((one) => typeof one === 'object' && '_zod' in one);

  it('is read with members that are not known yet', () => {
    expect(schemas.length).toBeGreaterThan(30);
    // An object that refuses unknown members has this.
    for (const schema of schemas)
      expect(JSON.stringify(jsonSchema(schema, 'input'))).not.toContain('"additionalProperties":false');
  });

  it('is read with words that are not known yet', () => {
    const [state, verdict, step] = ['suspended', 'undecided', 'postpone'];
    const elevation = {
      id: 'a',
      name: 'a',
      cluster: 'dev',
      groups: [],
      state,
      user: 'alice',
      mine: true,
      durationMs: 1,
      createdAt: 1,
      pendingUntil: 1,
      approvalsNeeded: 1,
      approvals: [],
      unrecorded: false,
      may: [step],
      review: { overdue: false, done: { user: 'bob', at: 1, verdict, comment: 'c' } },
    };
    expect(answers.elevationAnswerSchema.parse({ elevation })).toEqual({ elevation });
  });
});
