import { z } from 'zod';

// How a browser that has logged in gets a session for the host of one web application. Authenticate issues a code to the
// browser; the gateway redeems it with `POST /v1/route-sessions`. Gateways of older versions
// log out with `POST /v1/route-sessions/end`.

const token = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/);
const facts = { clientAddress: z.string().max(300).optional(), userAgent: z.string().max(256).optional() };

/** `verifier` is the secret of the browser that began the login. The code is good only together with it. */
export const routeSessionRequestSchema = z.strictObject({
  host: z.string().min(1).max(253),
  code: token,
  verifier: token,
  ...facts,
});

/** A new session. `tab` is the one in which the login began, `expiresAt` in milliseconds since the epoch. */
export const routeSessionSchema = z.object({ token: z.string().min(1), tab: token, expiresAt: z.number() });

/** Instead of a session: where the user has to confirm that the browser is theirs. */
export const routeConfirmationSchema = z.object({ confirmAt: z.url() });

/** `hash` is that of the token of the route's session. */
export const endRouteSessionSchema = z.strictObject({ hash: z.string().regex(/^[A-Za-z0-9_-]{43}$/), ...facts });
