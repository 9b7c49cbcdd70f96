import type { Mechanism } from 'kafkajs';
import { KafkaLoginError } from './kafka-login-error.ts';
import type { TokenSource } from './token-source.ts';

const separator = '\u0001';

/** Encodes bytes as the Kafka protocol does: with their length in front. */
function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Returns the first message of the client (RFC 7628 3.1). */
function firstMessage(token: string, extensions: Readonly<Record<string, string>>): Buffer {
  const pairs = [`auth=Bearer ${token}`, ...Object.entries(extensions).map(([name, value]) => `${name}=${value}`)];
  return Buffer.from(`n,,${separator}${pairs.join(separator)}${separator}${separator}`);
}

/** Reads the status in the answer to a refused token (RFC 7628 3.2.2). Other text of a broker is not repeated. */
function statusOf(challenge: Buffer): string {
  try {
    const { status } = JSON.parse(challenge.toString('utf8')) as { status?: unknown };
    return typeof status === 'string' && /^[a-z_]{1,40}$/.test(status) ? ` (${status})` : '';
  } catch {
    return '';
  }
}

const refused = (reason: string) =>
  new KafkaLoginError(
    `Kafka refuses the token${reason}. Check audit.kafka.sasl (scope, audience), and which issuer, audience and keys the broker expects`,
  );

/**
 * Creates the mechanism OAUTHBEARER for kafkajs. That of kafkajs ignores the answer to a refused token, takes the login
 * for accepted, and fails later with an error that does not say why.
 */
export function loginWithToken(tokens: TokenSource, extensions: Readonly<Record<string, string>>): Mechanism {
  return {
    mechanism: 'oauthbearer',
    authenticationProvider: ({ saslAuthenticate }) => ({
      async authenticate() {
        const token = await tokens.token();
        const ask = async (message: Buffer): Promise<Buffer> => {
          const answer = await saslAuthenticate({
            request: { encode: () => withLength(message) },
            response: { decode: (bytes) => bytes.subarray(4), parse: (bytes) => bytes },
          });
          return answer ?? Buffer.alloc(0);
        };
        const challenge = await ask(firstMessage(token, extensions)).catch((error: unknown) => {
          if ((error as { type?: unknown }).type !== 'SASL_AUTHENTICATION_FAILED') throw error;
          tokens.refused(token);
          throw refused('');
        });
        if (challenge.length === 0) return;
        tokens.refused(token);
        // After this message the broker ends the exchange, always with an error.
        await ask(Buffer.from(separator)).catch(() => undefined);
        throw refused(statusOf(challenge));
      },
    }),
  };
}
