import { describe, expect, it } from '@jest/globals';
import * as contracts from '@sallyport/contracts';
import fc from 'fast-check';
import * as z from 'zod/mini';
import type { ZodMiniType } from 'zod/mini';
import { explanationSchema } from '../ask/explain/explanation.ts';
import { arbitraryOf, memberPaths, type JsonSchema } from '../testing/json-schema.ts';
import {
  auditKeysSchema,
  auditPageSchema,
  canISchema,
  meSchema,
  policyStatusSchema,
  sessionsSchema,
  streamsSchema,
  tokenSchema,
} from './answers.ts';

// The command line parses answers with light schemas of its own, because the contracts would double its start time.

const jsonSchema = (schema: z.core.$ZodType, io: 'input' | 'output') =>
  z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }) as JsonSchema;

/** Asserts that the light schema parses whatever the contract allows, after a round trip through JSON. */
function expectToParse(contract: ZodMiniType, light: ZodMiniType): void {
  let parsed = 0;
  fc.assert(
    fc.property(arbitraryOf(jsonSchema(contract, 'output')), (value) => {
      const sent = contract.safeParse(value);
      fc.pre(sent.success);
      const received: unknown = JSON.parse(JSON.stringify(sent.data));
      expect(light.safeParse(received)).toMatchObject({ success: true });
      parsed += 1;
    }),
  );
  expect(parsed).toBeGreaterThan(50);
}

const answers: [path: string, contract: ZodMiniType, light: ZodMiniType][] = [
  ['GET /.sallyport/api/v1/streams', contracts.streamListSchema, streamsSchema],
  ['GET /.sallyport/api/v1/policy/status', contracts.policyStatusSchema, policyStatusSchema],
  ['POST /.sallyport/api/v1/policy/explain', contracts.explanationSchema, explanationSchema],
  ['POST /.sallyport/api/v1/policy/can-i', contracts.canIAnswerSchema, canISchema],
  ['GET /.sallyport/api/v1/audit', contracts.auditPageSchema, auditPageSchema],
  ['GET /.sallyport/api/v1/audit/keys', contracts.auditKeysSchema, auditKeysSchema],
];

describe.each(answers)('the answer to %s', (_path, contract, light) => {
  it('parses with the light schema, whatever the contract allows', () => {
    expectToParse(contract, light);
  });

  it('has in its contract every member that the light schema names', () => {
    const named = memberPaths(jsonSchema(light, 'input'));
    expect(named.length).toBeGreaterThan(1);
    const known = new Set(memberPaths(jsonSchema(contract, 'output')));
    expect(named.filter((path) => !known.has(path))).toEqual([]);
  });
});

// These answers have no contract of their own. Their parts come from the contracts of sessions and identities.
const { sessionSchema, identitySchema } = contracts;
const composed: [path: string, contract: ZodMiniType, light: ZodMiniType][] = [
  [
    'POST /.sallyport/token',
    z.object({
      access_token: z.literal(`spt_${'a'.repeat(43)}`),
      session: z.pick(sessionSchema, { id: true, expiresAt: true, idleMs: true }),
      identity: z.pick(identitySchema, { user: true, email: true, groups: true }),
    }),
    tokenSchema,
  ],
  [
    'GET /.sallyport/me',
    z.extend(z.pick(identitySchema, { user: true, email: true, name: true, groups: true, provider: true }), {
      session: z.pick(sessionSchema, { id: true, kind: true, expiresAt: true }),
    }),
    meSchema,
  ],
  [
    'GET /.sallyport/api/v1/sessions',
    z.object({
      sessions: z.array(
        z.extend(
          z.pick(sessionSchema, {
            id: true,
            kind: true,
            createdAt: true,
            expiresAt: true,
            clientAddress: true,
            userAgent: true,
          }),
          { user: identitySchema.shape.user },
        ),
      ),
    }),
    sessionsSchema,
  ],
];

describe.each(composed)('the answer to %s', (_path, contract, light) => {
  it('parses with the light schema, whatever the contracts of its parts allow', () => {
    expectToParse(contract, light);
  });
});
