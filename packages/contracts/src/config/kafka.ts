import * as z from 'zod/mini';
import { about } from '../text/about.ts';

/** Addresses of this machine. What goes there does not leave it, so it may go without TLS. */
const thisMachine = /^(127(\.\d{1,3}){3}|localhost|\[?::1\]?)$/;

const passwordLogin = {
  username: about('The user name.', z.string()),
  password: about('The password. Write ${env:NAME} or ${file:/path}.', z.string()),
};

/** A login with a token, which the client credentials grant of OAuth (RFC 6749 4.4) returns. */
const tokenLogin = z.strictObject({
  mechanism: z.literal('oauthbearer'),
  tokenUrl: about(
    'The token endpoint that issues tokens for oauthbearer, with https. Tokens are requested with the client credentials grant of OAuth.',
    z
      .url({ protocol: /^https?$/ })
      .check(
        z.refine(
          (text) => text.startsWith('https:') || thisMachine.test(new URL(text).hostname),
          'must begin with https, except on this machine',
        ),
      ),
  ),
  clientId: about('The client that requests tokens.', z.string().check(z.minLength(1))),
  clientSecret: about('Its secret. Write ${env:NAME} or ${file:/path}.', z.string().check(z.minLength(1))),
  clientAuth: about(
    'Whether the secret is sent in the Authorization header (basic) or in the body (post).',
    z._default(z.enum(['basic', 'post']), 'basic'),
  ),
  scope: about('The scope to request, if the token endpoint expects one.', z.optional(z.string())),
  audience: about('The audience to request, if the token endpoint expects one.', z.optional(z.string())),
  extensions: about(
    'SASL extensions that the brokers expect next to the token, by name.',
    z._default(
      z.record(
        z.string().check(z.regex(/^(?!auth$)[A-Za-z]+$/, 'not the name of an extension: letters only, and not auth')),
        z.string().check(z.regex(/^[\t\n\r\x20-\x7e]*$/, 'not the value of an extension: printable ASCII only')),
      ),
      {},
    ),
  ),
  caFile: about('The CA of the token endpoint, PEM. Without it, the CAs that Node.js trusts.', z.optional(z.string())),
});
/** How a service gets the token with which it logs in to the brokers. */
export type KafkaTokenLogin = z.infer<typeof tokenLogin>;

const saslSchema = z.discriminatedUnion('mechanism', [
  z.strictObject({
    mechanism: about(
      'The SASL mechanism. `plain` and `oauthbearer` need TLS, unless all brokers are on this machine.',
      z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
    ),
    ...passwordLogin,
  }),
  tokenLogin,
]);

type Transport = {
  brokers: string[];
  tls?: boolean | object | null | undefined;
  sasl?: { mechanism: string } | null | undefined;
};

/** Reports whether a login crosses the network without TLS. */
function isClear({ brokers, tls, sasl }: Transport): boolean {
  if (sasl == null || (tls != null && tls !== false)) return false;
  return !brokers.every((broker) => thisMachine.test(broker.slice(0, broker.lastIndexOf(':'))));
}

const howToEncrypt = 'write `tls: true` next to it, or `tls: {caFile: ...}`';

export const kafkaSchema = z
  .strictObject({
    brokers: about(
      'The bootstrap brokers, as host:port.',
      z
        .array(z.string().check(z.regex(/^[^\s/]+:\d+$/, 'not a broker; write it like kafka:9092')))
        .check(z.minLength(1)),
    ),
    topic: about(
      'The audit topic.',
      z._default(z.string().check(z.regex(/^[A-Za-z0-9._-]{1,249}$/, 'not a topic name')), 'sallyport.audit.v1'),
    ),
    tls: about(
      'TLS to the brokers: true, or a mapping with files.',
      z.nullish(
        z.union([
          z.boolean(),
          z.strictObject({
            caFile: about('The CA of the brokers, PEM.', z.optional(z.string())),
            certFile: about('A client certificate for the brokers, PEM.', z.optional(z.string())),
            keyFile: about('Its private key, PEM.', z.optional(z.string())),
          }),
        ]),
      ),
    ),
    sasl: about('How to log in to the brokers.', z.nullish(saslSchema)),
  })
  .check(
    z.refine((kafka) => kafka.sasl?.mechanism !== 'plain' || !isClear(kafka), {
      path: ['sasl'],
      message: `needs TLS, because plain sends the password itself; ${howToEncrypt}`,
    }),
    z.refine((kafka) => kafka.sasl?.mechanism !== 'oauthbearer' || !isClear(kafka), {
      path: ['sasl'],
      message: `needs TLS, because oauthbearer sends the token itself; ${howToEncrypt}`,
    }),
  );

export type KafkaConfig = z.infer<typeof kafkaSchema>;

/** Reports whether events are published to Kafka, rather than within one process. */
export const usesKafka = (kafka: KafkaConfig | { memory: true } | undefined): kafka is KafkaConfig =>
  kafka !== undefined && !('memory' in kafka);

/**
 * Warns that a login with SCRAM goes over the network without TLS. The password is not sent, but it can be guessed from
 * what is, and the events can be read and changed on their way.
 */
export function warnOfClearKafka({
  kafka,
}: {
  kafka?: Transport | { memory: true } | undefined;
}): { path: string; message: string; hint: string }[] {
  if (kafka === undefined || 'memory' in kafka || !isClear(kafka)) return [];
  return [
    {
      path: 'audit.kafka.sasl',
      message:
        'is used without TLS: a listener on the network can read the events, change them, and try passwords against what it recorded',
      hint: howToEncrypt,
    },
  ];
}
