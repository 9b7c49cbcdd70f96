import { z } from 'zod';

// The list of streams over all gateways: `POST /v1/streams` of authorize asks, `streams-requested` on its feed of
// changes passes the question on, and every gateway answers with `POST /v1/streams/answer`.

/** Bounds of one gateway's answer and of a whole list, in rows. */
export const mostStreamRows = 2000;

/** The only stable key of a person; see `Identity`. */
const ownerSchema = z.object({ issuer: z.string().max(4096), subject: z.string().max(4096) });
const wanted = z.string().min(1).max(1024).optional();

/** Narrows a list: exact values, all of which must hold. */
export const streamFilterSchema = z.strictObject({ user: wanted, cluster: wanted, session: wanted });
export type StreamFilter = z.infer<typeof streamFilterSchema>;

/**
 * `POST /v1/streams`, beside the caller. `all`: everybody's, where `api.policy.sessions` lets the caller; otherwise
 * their own.
 */
export const streamListRequestSchema = z.strictObject({
  ended: z.boolean(),
  all: z.boolean(),
  where: streamFilterSchema,
});
export type StreamListRequest = z.infer<typeof streamListRequestSchema>;

/** What every gateway is asked. Without `of` about everybody's streams. */
export const streamQuestionSchema = z.object({
  id: z.uuid(),
  ended: z.boolean(),
  of: ownerSchema.optional(),
  where: streamFilterSchema,
});
export type StreamQuestion = z.infer<typeof streamQuestionSchema>;

const short = z.string().max(300);
/** Text of a client's own making, with its control characters written out. */
const clientText = z.string().max(8192);

/**
 * One stream. Times are milliseconds since the epoch, bytes those of the connection. What does not apply is empty or
 * absent.
 */
export const streamRowSchema = z.object({
  id: short,
  kind: short,
  proxy: short,
  cluster: short,
  verb: short,
  clientAddress: short,
  auditId: short,
  /** The session's public id; the token that stands for it is nowhere in a list. */
  sessionId: short,
  user: z.string().max(2048),
  namespace: clientText,
  resource: clientText,
  name: clientText,
  subresource: clientText,
  path: clientText,
  /** Of exec and attach, where one was named. */
  container: clientText.optional(),
  /** Of a port-forward: those of the pod that were used so far. */
  ports: z.array(z.number()).max(64).optional(),
  since: z.number(),
  bytesIn: z.number(),
  bytesOut: z.number(),
  /** Set if it is over. */
  end: z.number().optional(),
  /** Set if the gateway ended it, or is about to; otherwise one of the two sides did. */
  reason: short.optional(),
  detail: z.string().max(4096).optional(),
  /** Of the command that an exec ran. */
  exitCode: z.number().optional(),
});
export type StreamRow = z.infer<typeof streamRowSchema>;

/** A row as gateways tell it to authorize, with whose stream it is. */
export const ownedStreamRowSchema = streamRowSchema.extend(ownerSchema.shape);
export type OwnedStreamRow = z.infer<typeof ownedStreamRowSchema>;

/** `POST /v1/streams/answer`; `omitted` counts the streams that there was no room for. */
export const streamAnswerSchema = z.strictObject({
  question: z.uuid(),
  proxy: z
    .string()
    .regex(/^proxy\//, 'is no gateway')
    .max(200),
  rows: z.array(ownedStreamRowSchema).max(mostStreamRows),
  omitted: z.number().int().min(0),
});
export type StreamAnswer = z.infer<typeof streamAnswerSchema>;

/** The list: never silently incomplete. `missing` names the gateways that did not answer in time. */
export const streamListSchema = z.object({
  streams: z.array(streamRowSchema),
  missing: z.array(z.string()),
  omitted: z.number(),
});
export type StreamList = z.infer<typeof streamListSchema>;
