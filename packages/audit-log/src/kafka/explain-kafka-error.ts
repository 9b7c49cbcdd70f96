import type { KafkaConfig } from '@sallyport/contracts';
import { untrustedCertificates } from './login/kafka-login-error.ts';

type Detail = { name?: string; message?: string; type?: unknown; code?: unknown; cause?: unknown };

/** Names the user for whom a rule is missing. The broker reads that of a token from one of its claims. */
function userOf({ sasl }: Pick<KafkaConfig, 'sasl'>): string {
  if (sasl == null) return 'this client';
  return 'username' in sasl ? `User:${sasl.username}` : `the user that the token of ${sasl.clientId} names (claim sub)`;
}

function hintFor(
  { name, message, type, code }: Detail,
  kafka: Pick<KafkaConfig, 'topic' | 'sasl'>,
  operation: 'Read' | 'Write',
  group: string | undefined,
): string | undefined {
  const user = userOf(kafka);
  if (name === 'KafkaLoginError') return message;
  if (name === 'KafkaJSSASLAuthenticationError')
    return kafka.sasl?.mechanism === 'oauthbearer'
      ? 'Kafka refuses the login. Check audit.kafka.sasl.mechanism, and whether the listener of the broker has OAUTHBEARER'
      : 'Kafka refuses the login. Check audit.kafka.sasl: mechanism, user name and password';
  // A client that may not write to any topic is refused as an idempotent producer first.
  if (type === 'TOPIC_AUTHORIZATION_FAILED' || type === 'CLUSTER_AUTHORIZATION_FAILED')
    return `Kafka denies access to the topic. Allow ${user} the operations ${operation} and Describe on the topic ${kafka.topic}`;
  if (type === 'GROUP_AUTHORIZATION_FAILED' && group !== undefined)
    return `Kafka denies access to the consumer group. Allow ${user} the operation Read on the group ${group}`;
  // kafkajs hides the broker's reason here.
  if (name === 'KafkaJSGroupCoordinatorNotFound' && group !== undefined)
    return `Kafka does not name the coordinator of the consumer group. Unless Kafka is just starting, allow ${user} the operation Read on the group ${group}`;
  if (typeof code === 'string' && untrustedCertificates.has(code))
    return `The certificate of the broker is not valid for this client (${code}). Check audit.kafka.brokers and audit.kafka.tls.caFile`;
  return undefined;
}

/** Returns the error with a message that says what to do, or the error itself if its own message is all there is. */
export function explainKafkaError(
  error: unknown,
  kafka: Pick<KafkaConfig, 'topic' | 'sasl'>,
  operation: 'Read' | 'Write',
  group?: string,
): Error {
  for (let at = error as Detail | undefined; at != null; at = at.cause as Detail | undefined) {
    const hint = hintFor(at, kafka, operation, group);
    if (hint !== undefined) return new Error(`${hint}.`, { cause: error });
  }
  return error as Error;
}
