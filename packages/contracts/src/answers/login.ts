import * as z from 'zod/mini';
import { optionalText, timeSchema, tokenSchema } from './parts.ts';

const groups = z._default(z.array(z.string()), []);

/**
 * The challenge (WWW-Authenticate) with which the gateway rejects a credential. It removes this header from what clusters
 * answer, so a program can tell that its login has ended from a 401 of a cluster.
 */
export const gatewayChallenge = 'Bearer realm="sallyport"';

/** `GET /.sallyport/login`, as JSON. */
export const signInSchema = z.object({ signInUrl: z.string() });

/** `POST /.sallyport/token`. */
export const tokenAnswerSchema = z.object({
  access_token: tokenSchema,
  session: z.object({ id: z.string(), expiresAt: timeSchema, idleMs: z.number().check(z.positive()) }),
  identity: z.object({ user: z.string(), email: optionalText, groups }),
});
export type TokenAnswer = z.infer<typeof tokenAnswerSchema>;

/**
 * `POST <api>/device/code` (RFC 8628, 3.2). The interval is bounded, so that an answer can make a program neither poll
 * too fast nor sleep forever.
 */
export const deviceCodesSchema = z.object({
  device_code: tokenSchema,
  user_code: z.string().check(z.regex(/^[A-Z0-9-]{4,32}$/)),
  verification_uri: z.string(),
  verification_uri_complete: optionalText,
  expires_in: z.number().check(z.positive(), z.maximum(3600)),
  interval: z._default(z.number().check(z.minimum(1), z.maximum(60)), 5),
});
export type DeviceCodes = z.infer<typeof deviceCodesSchema>;

/** `GET /.sallyport/me`. */
export const meSchema = z.object({
  user: z.string(),
  email: optionalText,
  name: optionalText,
  groups,
  provider: optionalText,
  providerName: optionalText,
  session: z.object({
    id: z.string(),
    kind: optionalText,
    createdAt: z.optional(timeSchema),
    expiresAt: timeSchema,
    idleEndsAt: z.optional(timeSchema),
  }),
});

/** `GET /.sallyport/me`, for `sallyport version`. Older gateways do not say their version. */
export const gatewayVersionSchema = z.object({ gatewayVersion: optionalText });
