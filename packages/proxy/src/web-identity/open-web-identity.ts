import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LoadedConfig, Logger, Metrics } from '@sallyport/kit';
import { createAnswerIdentityKeys, createIdentityKeyRing, type IdentityKeyRing } from './identity-key-ring.ts';
import { applicationTokenMs, createApplicationTokens, type ApplicationTokens } from './application-token.ts';
import { assertionMs } from './assertion-claims.ts';
import { followIdentityKeys } from './follow-identity-keys.ts';
import { readIdentityKeys } from './identity-keys.ts';
import { createRouteIdentities } from './route-identity.ts';

/** What depends on the identity keys. */
export type Signed = {
  keys: IdentityKeyRing;
  tokens: ApplicationTokens;
  answerKeys(request: IncomingMessage, response: ServerResponse): void;
};

/** The clocks of applications may be this far behind, in milliseconds. */
const clockSkewMs = 60_000;

type Deps = { loaded: LoadedConfig; logger: Logger; metrics: Metrics; now: () => number };

/** Reads the identity keys, and follows their file until `close`. */
export function openWebIdentity({ loaded, logger, metrics, now }: Deps) {
  const { gateway, identity } = loaded.config;
  const gatewayOrigin = new URL(gateway.url).origin;
  const file = gateway.identityKeyFile == null ? undefined : loaded.resolvePath(gateway.identityKeyFile);
  let signed: Signed | undefined;
  let follower: { close(): void } | undefined;
  if (file !== undefined) {
    const keys = createIdentityKeyRing(readIdentityKeys(readFileSync(file)), {
      now,
      signedForMs: Math.max(assertionMs, applicationTokenMs) + clockSkewMs,
    });
    signed = {
      keys,
      tokens: createApplicationTokens({ keys, gatewayOrigin, now }),
      answerKeys: createAnswerIdentityKeys(keys),
    };
    follower = followIdentityKeys({ file, ring: keys, logger, metrics });
  }
  return {
    /** Undefined without `gateway.identityKeyFile`. */
    signed,
    /** What a route tells its application. */
    of: createRouteIdentities({
      signed,
      gatewayOrigin,
      provider: identity.providers.length === 1 ? identity.providers[0]!.id : undefined,
      now,
    }),
    close: () => follower?.close(),
  };
}
export type WebIdentity = ReturnType<typeof openWebIdentity>;
