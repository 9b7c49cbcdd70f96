import * as z from 'zod/mini';
import { streamRowSchema } from '../answers/streams.ts';

// The list of streams of all gateways, and the end of one. `POST /v1/streams` and `POST /v1/streams/end` of authorize ask
// for them, `streams-requested` on the change feed passes the question on, and every gateway answers with
// `POST /v1/streams/answer`.

/** The maximum number of rows in one gateway's answer, and in a whole list. */
export const maxStreamRows = 2000;

/** The only stable key of a user; see `Identity`. */
const ownerSchema = z.object({
  issuer: z.string().check(z.maxLength(4096)),
  subject: z.string().check(z.maxLength(4096)),
});

/**
 * `POST /v1/streams/changed` of authorize, and `streams-changed` on the change feed: streams of these users began or ended.
 * Without `owners`, those of many.
 */
export const streamsChangedSchema = z.object({ owners: z.optional(z.array(ownerSchema).check(z.maxLength(100))) });
export type StreamsChanged = z.infer<typeof streamsChangedSchema>;

const wanted = z.optional(z.string().check(z.minLength(1), z.maxLength(1024)));

/** Narrows a list to exact values, all of which must match. */
export const streamFilterSchema = z.strictObject({ user: wanted, cluster: wanted, session: wanted, stream: wanted });
export type StreamFilter = z.infer<typeof streamFilterSchema>;

/**
 * `POST /v1/streams`; the caller is in a header. `all` asks for the streams of all users, which needs a right from
 * `api.policy.sessions`. Otherwise the list has the caller's own streams.
 */
export const streamListRequestSchema = z.strictObject({
  ended: z.boolean(),
  all: z.boolean(),
  where: streamFilterSchema,
});
export type StreamListRequest = z.infer<typeof streamListRequestSchema>;

/** `POST /v1/streams/end`; the caller is in a header, and `privileged` if they may end streams of other users. */
export const endStreamRequestSchema = z.strictObject({ stream: z.string().check(z.minLength(1), z.maxLength(300)) });
export type EndStreamRequest = z.infer<typeof endStreamRequestSchema>;

/** The longest sealed batch, in base64. */
const maxSealed = 512 * 1024;

/**
 * Asks one gateway for what a running session has shown since `after`, or from now on, sealed for `recipient`, a public
 * key of age. `watcher` is the same for all questions of one who watches.
 */
const watchSchema = z.strictObject({
  watcher: z.uuid(),
  proxy: z.string().check(z.maxLength(200)),
  after: z.optional(z.int().check(z.minimum(0))),
  recipient: z.string().check(z.regex(/^age1[02-9ac-hj-np-z]{58}$/, 'is not a public key of age')),
});

/**
 * `POST /v1/streams/watch`; the caller is in a header. The gateway that asks has decided that they may watch. Without
 * `watch` it asks where the stream is open.
 */
export const watchRequestSchema = z.strictObject({
  stream: z.string().check(z.minLength(1), z.maxLength(300)),
  watch: z.optional(watchSchema),
});
export type WatchRequest = z.infer<typeof watchRequestSchema>;

/**
 * What a running session has shown: frames, sealed, unless there are none. `next` is the position after them. `lost`
 * counts bytes that were dropped before them. `isFull`: too many others watch.
 */
const watchedSchema = z.object({
  sealed: z.optional(z.string().check(z.maxLength(maxSealed))),
  next: z.int(),
  lost: z.int(),
  isOver: z.boolean(),
  isFull: z.optional(z.boolean()),
});
export type Watched = z.infer<typeof watchedSchema>;

/** The answer: the stream, or what it has shown. */
export const watchAnswerSchema = z.object({ row: z.optional(streamRowSchema), watched: z.optional(watchedSchema) });
export type WatchAnswer = z.infer<typeof watchAnswerSchema>;

/** The user who ends a stream. */
const enderSchema = z.extend(ownerSchema, { user: z.string().check(z.maxLength(2048)) });
export type StreamEnder = z.infer<typeof enderSchema>;

/**
 * The question to every gateway. Without `of` it is about the streams of all users. With `endedBy` the gateway ends the
 * open stream that it is about, and answers with it. A gateway of a version that does not know `where.stream` cannot
 * read such a question, and counts as one that did not answer. With `watch` it is for one gateway only.
 */
export const streamQuestionSchema = z
  .object({
    id: z.uuid(),
    ended: z.boolean(),
    of: z.optional(ownerSchema),
    where: streamFilterSchema,
    endedBy: z.optional(enderSchema),
    watch: z.optional(watchSchema),
  })
  .check(
    z.refine(({ ended, where, endedBy }) => endedBy === undefined || (!ended && where.stream !== undefined), {
      message: 'only one open stream can be ended',
    }),
  );
export type StreamQuestion = z.infer<typeof streamQuestionSchema>;

/** The longest text of each member. Clients chose the longer ones, in which control characters are escaped. */
const longest = {
  id: 300,
  kind: 300,
  proxy: 300,
  cluster: 300,
  route: 300,
  verb: 300,
  clientAddress: 300,
  auditId: 300,
  sessionId: 300,
  user: 2048,
  namespace: 8192,
  resource: 8192,
  name: 8192,
  subresource: 8192,
  path: 8192,
  container: 8192,
  reason: 300,
  detail: 4096,
  recording: 300,
} as const;

/** A row as gateways send it to authorize, with the key of its user. */
export const ownedStreamRowSchema = z
  .object({
    ...streamRowSchema.shape,
    ...ownerSchema.shape,
    since: z.number(),
    end: z.optional(z.number()),
    ports: z.optional(z.array(z.number()).check(z.maxLength(64))),
  })
  .check(
    z.superRefine((row, context) => {
      for (const [name, length] of Object.entries(longest) as [keyof typeof longest, number][])
        if ((row[name]?.length ?? 0) > length)
          context.addIssue({ code: 'custom', path: [name], message: `is longer than ${length} characters` });
    }),
  );
export type OwnedStreamRow = z.infer<typeof ownedStreamRowSchema>;

/** `POST /v1/streams/answer`. `omitted` counts the streams that did not fit. */
export const streamAnswerSchema = z.strictObject({
  question: z.uuid(),
  proxy: z.string().check(z.regex(/^proxy\//, 'is not a gateway'), z.maxLength(200)),
  rows: z.array(ownedStreamRowSchema).check(z.maxLength(maxStreamRows)),
  omitted: z.int().check(z.minimum(0)),
  watched: z.optional(watchedSchema),
});
export type StreamAnswer = z.infer<typeof streamAnswerSchema>;
