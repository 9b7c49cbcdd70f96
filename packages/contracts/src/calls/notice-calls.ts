import * as z from 'zod/mini';

/** Which notifications that were given up are sent again. Without a channel or an elevation, those of all. */
export const noticeResendSchema = z.strictObject({
  channel: z.optional(z.string().check(z.minLength(1), z.maxLength(63))),
  elevation: z.optional(z.string().check(z.minLength(1), z.maxLength(64))),
});

/** A notification that a channel has not taken. `failed` ones are not tried any more. Times are milliseconds. */
export const noticeRowSchema = z.object({
  channel: z.string(),
  state: z.enum(['waiting', 'failed']),
  /** The id and the type of the event that it is about. */
  event: z.string(),
  type: z.string(),
  at: z.number(),
  /** What it is about: one of the two. */
  elevation: z.optional(z.object({ id: z.string(), name: z.string(), cluster: z.string(), user: z.string() })),
  serviceAccount: z.optional(z.object({ id: z.string(), name: z.string(), maker: z.string() })),
  tries: z.number(),
  /** What came of the last attempt. */
  reason: z.optional(z.string()),
});
export type NoticeRow = z.infer<typeof noticeRowSchema>;

export const noticeListSchema = z.object({ notifications: z.array(noticeRowSchema), omitted: z.number() });
export type NoticeList = z.infer<typeof noticeListSchema>;
export const noticeResendAnswerSchema = z.object({ resent: z.number() });
export type NoticeResendAnswer = z.infer<typeof noticeResendAnswerSchema>;
