import { about, durationSchema, listenSchema, nameSchema, urlSchema } from '@sallyport/contracts';
import * as z from 'zod/mini';
import { addressSchema } from '../reach/address.ts';

const shortestLifetimeMs = 600_000;
const longestLifetimeMs = 3_600_000;

const tokenSchema = z.strictObject({
  namespace: about('The namespace of the account.', z.prefault(nameSchema, 'sallyport')),
  serviceAccount: about(
    "The gateway's ServiceAccount in this cluster, for which the connector may create tokens.",
    z.prefault(nameSchema, 'sallyport-gateway'),
  ),
  secret: about(
    'A Secret in the same namespace. When it is deleted, the tokens end.',
    z.prefault(
      z.string().check(z.regex(/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/, 'not the name of a Secret')),
      'sallyport-connector',
    ),
  ),
  lifetime: about(
    'How long a token is valid.',
    z.prefault(
      durationSchema.check(
        z.refine((ms) => ms >= shortestLifetimeMs && ms <= longestLifetimeMs, 'must be from 10m to 1h'),
      ),
      '1h',
    ),
  ),
});

/** The schema of connector.yaml. */
export const connectorConfigSchema = z.strictObject({
  gateway: about(
    'The address of the gateway.',
    urlSchema.check(z.refine((text) => text.startsWith('https:'), 'must begin with https://')),
  ),
  caFile: about(
    'The certificate authority of the gateway, PEM. Without it, those that Node.js trusts.',
    z.optional(z.string().check(z.minLength(1))),
  ),
  keyFile: about(
    'The private key of this connector: Ed25519, PKCS #8 PEM. To make one, run: sallyport connector keygen.',
    z.string().check(z.minLength(1)),
  ),
  gatewayPublicKeys: about(
    'The public keys of the gateway, which is services.proxy.publicKey in its sallyport.yaml. Several while it is replaced.',
    z.array(z.string().check(z.minLength(1), z.maxLength(1000))).check(z.minLength(1), z.maxLength(4)),
  ),
  reach: about(
    'What the gateway can reach through this connector: hosts with ports, and nothing else.',
    z.prefault(z.array(addressSchema).check(z.minLength(1), z.maxLength(1000)), ['kubernetes.default.svc:443']),
  ),
  carriers: about(
    'How many connections to the gateway there are at a time.',
    z._default(z.int().check(z.minimum(1), z.maximum(16)), 2),
  ),
  token: about(
    'The token that the gateway uses in this cluster (credential: connector). Only in a pod, which has it by default; null for none.',
    z.nullish(tokenSchema),
  ),
  drain: about('How long open connections may go on when the connector stops.', z.prefault(durationSchema, '60s')),
  listen: about(
    'The address on which it serves /livez, /readyz and /metrics, in plain HTTP and without a credential. Without it, it does not listen.',
    z.optional(listenSchema),
  ),
  logLevel: about('What it logs.', z._default(z.enum(['debug', 'info', 'warn', 'error']), 'info')),
});
export type ConnectorFile = z.infer<typeof connectorConfigSchema>;
export type TokenSettings = z.infer<typeof tokenSchema>;

/** Returns the settings of the token where the configuration leaves them out. */
export const defaultToken = (): TokenSettings => tokenSchema.parse({});
