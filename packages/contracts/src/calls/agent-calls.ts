import * as z from 'zod/mini';
import { agentScopeSchema, machineNameSchema } from '../identity/agent-scope.ts';

const minuteMs = 60_000;

/** `POST <api>/agents`: the agent that a person asks for. It ends with their login, if that ends before. */
export const agentRequestSchema = z.strictObject({
  name: machineNameSchema,
  scope: agentScopeSchema,
  lifetimeMs: z
    .number()
    .check(
      z.int(),
      z.minimum(minuteMs, 'must be at least a minute'),
      z.maximum(366 * 24 * 60 * minuteMs, 'must be at most a year'),
    ),
});
export type AgentRequest = z.infer<typeof agentRequestSchema>;

/** `POST /v1/agents` of authenticate. The gateway adds the hash of the caller's token, on whose session the agent hangs. */
export const agentCallSchema = z.strictObject({
  asked: agentRequestSchema,
  tokenHash: z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/)),
});
