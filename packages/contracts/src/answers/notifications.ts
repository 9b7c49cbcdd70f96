import * as z from 'zod/mini';
import { wordOf } from './parts.ts';

/** A notification that a channel has not taken. `failed` ones are not tried any more. Times are milliseconds. */
export const noticeRowSchema = z.object({
  channel: z.string(),
  state: wordOf<'waiting' | 'failed'>(),
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

/** `GET <api>/notifications`. */
export const noticeListSchema = z.object({ notifications: z.array(noticeRowSchema), omitted: z.number() });
export type NoticeList = z.infer<typeof noticeListSchema>;

/** `POST <api>/notifications/resend`. */
export const noticeResendAnswerSchema = z.object({ resent: z.number() });
export type NoticeResendAnswer = z.infer<typeof noticeResendAnswerSchema>;
