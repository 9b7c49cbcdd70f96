import * as z from 'zod/mini';
import { agentScopeSchema, machineNameSchema } from '../identity/agent-scope.ts';

const minuteMs = 60_000;
const lifetimeSchema = z
  .number()
  .check(
    z.int(),
    z.minimum(minuteMs, 'must be at least a minute'),
    z.maximum(366 * 24 * 60 * minuteMs, 'must be at most a year'),
  );

/** `POST <api>/agents`: the agent that a person asks for. It ends with their login, if that ends before. */
export const agentRequestSchema = z.strictObject({
  name: machineNameSchema,
  scope: agentScopeSchema,
  lifetimeMs: lifetimeSchema,
});
export type AgentRequest = z.infer<typeof agentRequestSchema>;

/**
 * `POST /v1/agents` of authenticate. The gateway adds the hash of the caller's token, whose session is the parent of the
 * agent.
 */
export const agentCallSchema = z.strictObject({
  asked: agentRequestSchema,
  tokenHash: z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/)),
});

/** `POST <api>/service-accounts`: the service account that a person asks for. */
export const serviceAccountRequestSchema = z.strictObject({
  name: machineNameSchema,
  groups: z.array(z.string().check(z.minLength(1), z.maxLength(256))).check(z.minLength(1), z.maxLength(100)),
  lifetimeMs: lifetimeSchema,
});
export type ServiceAccountRequest = z.infer<typeof serviceAccountRequestSchema>;

/**
 * `POST <api>/service-account-names`: names that belong to someone since before the gateway kept them. `uid` is that of
 * the account in the audit trail.
 */
export const assignNamesRequestSchema = z.strictObject({
  names: z
    .array(
      z.strictObject({
        name: machineNameSchema,
        uid: z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/)),
        user: z.string().check(z.minLength(1), z.maxLength(256)),
      }),
    )
    .check(z.minLength(1), z.maxLength(25)),
});
export type AssignNamesRequest = z.infer<typeof assignNamesRequestSchema>;
