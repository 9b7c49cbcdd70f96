import * as z from 'zod/mini';

const notificationSchema = z.object({
  channel: z.string(),
  // A newer gateway may have more states and types. They are shown as they are.
  state: z.string(),
  event: z.string(),
  type: z.string(),
  at: z.number(),
  elevation: z.optional(z.object({ id: z.string(), name: z.string(), cluster: z.string(), user: z.string() })),
  serviceAccount: z.optional(z.object({ id: z.string(), name: z.string(), maker: z.string() })),
  tries: z.number(),
  reason: z.optional(z.string()),
});
export type NotificationRow = z.infer<typeof notificationSchema>;

/** `GET /.sallyport/api/v1/notifications`. */
export const notificationListSchema = z.object({ notifications: z.array(notificationSchema), omitted: z.number() });
/** `POST /.sallyport/api/v1/notifications/resend`. */
export const resendAnswerSchema = z.object({ resent: z.number() });
