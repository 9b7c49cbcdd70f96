import * as z from 'zod/mini';

// How a browser that has logged in gets a session for the host of one web application. Authenticate issues a code to the
// browser; the gateway redeems it with `POST /v1/route-sessions`. Gateways of older versions
// log out with `POST /v1/route-sessions/end`.

const token = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,128}$/));
const facts = {
  clientAddress: z.optional(z.string().check(z.maxLength(300))),
  userAgent: z.optional(z.string().check(z.maxLength(256))),
};

/** `verifier` is the secret of the browser that began the login. The code is good only together with it. */
export const routeSessionRequestSchema = z.strictObject({
  host: z.string().check(z.minLength(1), z.maxLength(253)),
  code: token,
  verifier: token,
  ...facts,
});

/**
 * A new session: `tab` is the one in which the login began, `expiresAt` in milliseconds since the epoch. Or instead where
 * the user has to confirm that the browser is theirs.
 */
export const routeOpeningSchema = z.union([
  z.object({ token: z.string().check(z.minLength(1)), tab: token, expiresAt: z.number() }),
  z.object({ confirmAt: z.url() }),
]);

/** `hash` is that of the token of the route's session. */
export const endRouteSessionSchema = z.strictObject({
  hash: z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/)),
  ...facts,
});
