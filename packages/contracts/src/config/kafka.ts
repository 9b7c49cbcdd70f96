import { z } from 'zod';

/** Addresses of this machine. What goes there does not leave it, so it may go without TLS. */
const thisMachine = /^(127(\.\d{1,3}){3}|localhost|\[?::1\]?)$/;

const passwordLogin = { username: z.string(), password: z.string() };

/** A login with a token, which the client credentials grant of OAuth (RFC 6749 4.4) returns. */
const tokenLogin = z.strictObject({
  mechanism: z.literal('oauthbearer'),
  tokenUrl: z
    .url({ protocol: /^https?$/ })
    .refine(
      (text) => text.startsWith('https:') || thisMachine.test(new URL(text).hostname),
      'must begin with https, except on this machine',
    ),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  clientAuth: z.enum(['basic', 'post']).default('basic'),
  scope: z.string().optional(),
  audience: z.string().optional(),
  /** Sent to the broker with the token (RFC 7628 3.1). */
  extensions: z
    .record(
      z.string().regex(/^(?!auth$)[A-Za-z]+$/, 'not the name of an extension: letters only, and not auth'),
      z.string().regex(/^[\t\n\r\x20-\x7e]*$/, 'not the value of an extension: printable ASCII only'),
    )
    .default({}),
  caFile: z.string().optional(),
});
/** How a service gets the token with which it logs in to the brokers. */
export type KafkaTokenLogin = z.infer<typeof tokenLogin>;

const saslSchema = z.discriminatedUnion('mechanism', [
  z.strictObject({ mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']), ...passwordLogin }),
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
    brokers: z.array(z.string().regex(/^[^\s/]+:\d+$/, 'not a broker; write it like kafka:9092')).min(1),
    topic: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,249}$/, 'not a topic name')
      .default('sallyport.audit.v1'),
    tls: z
      .union([
        z.boolean(),
        z.strictObject({
          caFile: z.string().optional(),
          certFile: z.string().optional(),
          keyFile: z.string().optional(),
        }),
      ])
      .nullish(),
    sasl: saslSchema.nullish(),
  })
  .refine((kafka) => kafka.sasl?.mechanism !== 'plain' || !isClear(kafka), {
    path: ['sasl'],
    message: `needs TLS, because plain sends the password itself; ${howToEncrypt}`,
  })
  .refine((kafka) => kafka.sasl?.mechanism !== 'oauthbearer' || !isClear(kafka), {
    path: ['sasl'],
    message: `needs TLS, because oauthbearer sends the token itself; ${howToEncrypt}`,
  });

/**
 * Warns that a login with SCRAM goes over the network without TLS. The password is not sent, but it can be guessed from
 * what is, and the events can be read and changed on their way.
 */
export function warnOfClearKafka({
  kafka,
}: {
  kafka: Transport | { memory: true };
}): { path: string; message: string; hint: string }[] {
  if ('memory' in kafka || !isClear(kafka)) return [];
  return [
    {
      path: 'audit.kafka.sasl',
      message:
        'is used without TLS: a listener on the network can read the events, change them, and try passwords against what it recorded',
      hint: howToEncrypt,
    },
  ];
}
