import * as z from 'zod/mini';

/** Which notifications that were given up are sent again. Without a channel or an elevation, those of all. */
export const noticeResendSchema = z.strictObject({
  channel: z.optional(z.string().check(z.minLength(1), z.maxLength(63))),
  elevation: z.optional(z.string().check(z.minLength(1), z.maxLength(64))),
});
