import { z } from 'zod';

/** Which notifications that were given up are sent again. Without a channel or an elevation, those of all. */
export const noticeResendSchema = z.strictObject({
  channel: z.string().min(1).max(63).optional(),
  elevation: z.string().min(1).max(64).optional(),
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
  elevation: z.object({ id: z.string(), name: z.string(), cluster: z.string(), user: z.string() }).optional(),
  serviceAccount: z.object({ id: z.string(), name: z.string(), maker: z.string() }).optional(),
  tries: z.number(),
  /** What came of the last attempt. */
  reason: z.string().optional(),
});
export type NoticeRow = z.infer<typeof noticeRowSchema>;

export const noticeListSchema = z.object({ notifications: z.array(noticeRowSchema), omitted: z.number() });
export type NoticeList = z.infer<typeof noticeListSchema>;
export const noticeResendAnswerSchema = z.object({ resent: z.number() });
export type NoticeResendAnswer = z.infer<typeof noticeResendAnswerSchema>;
