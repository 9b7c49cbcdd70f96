import { fieldsOf, textOf, type Fields } from './fields.ts';
import { readMicros } from './micros.ts';

/** What one event of the gateway says about a request to a cluster. */
export type GatewayEvent = {
  auditID: string;
  /** Microseconds since the epoch. */
  received: number;
  at: number;
  requestURI: string;
  verb: string;
  /** The user whom the cluster is told, or the gateway itself. */
  user: { username: string; uid?: string; groups?: string[] };
  ref: { resource: string; namespace: string; name: string; apiGroup: string; subresource: string };
  /** The gateway's own request, in its own name. It also makes requests of its own as a user, to ask what they may do. */
  own: boolean;
  /** The gateway did not send it. */
  refused: boolean;
  /** The cluster responded. */
  answered: boolean;
  /** It may change something, so the gateway sends it only once. */
  changes: boolean;
};

const max = 4096;
const string = (value: unknown) => textOf(value, max) ?? '';

function readUser(value: unknown): GatewayEvent['user'] | undefined {
  const user = fieldsOf(value);
  if (!user) return undefined;
  const { username, uid, groups } = user;
  return {
    username: string(username),
    ...(typeof uid === 'string' && uid !== '' ? { uid } : {}),
    ...(Array.isArray(groups) ? { groups: groups.filter((group) => typeof group === 'string') } : {}),
  };
}

/** Reports whether the event shows a response of the cluster. A refusal by the gateway has a reason, which it sets. */
function isAnswered(event: Fields, part: Fields): boolean {
  if (event.stage === 'RequestReceived') return false;
  const status = fieldsOf(event.responseStatus) ?? {};
  const code = Number(status.code);
  if (!(code >= 100 && code < 600) || code === 499 || status.reason !== undefined) return false;
  if (part.credentialKind === 'gateway') return true;
  return event.stage === 'ResponseStarted' || typeof part.upstreamMs === 'number';
}

/**
 * Reads an event of the gateway's audit trail. Returns undefined unless it is about a request to this cluster. Accepts the
 * data of an event as it is in Kafka and in the lines of an NDJSON file.
 */
export function readGatewayEvent(value: unknown, cluster: string): GatewayEvent | undefined {
  const event = fieldsOf(value);
  const part = fieldsOf(event?.sallyport);
  if (!event || !part) return undefined;
  const type = fieldsOf(event.cloudEvent)?.type;
  if (type !== undefined && type !== 'k8s.request') return undefined;
  const [auditID, received] = [textOf(event.auditID, 64), readMicros(event.requestReceivedTimestamp)];
  if (fieldsOf(part.cluster)?.name !== cluster || !auditID || received === undefined) return undefined;
  const ref = fieldsOf(event.objectRef) ?? {};
  const effect = fieldsOf(part.decision)?.effect;
  const isGateways = part.credentialKind === 'gateway';
  const actsAs = readUser(event.impersonatedUser);
  const method = string(fieldsOf(part.request)?.method);
  return {
    auditID,
    received,
    at: readMicros(event.stageTimestamp) ?? received,
    requestURI: string(event.requestURI),
    verb: string(event.verb),
    user: actsAs ?? readUser(event.user) ?? { username: '' },
    ref: {
      resource: string(ref.resource),
      namespace: string(ref.namespace),
      name: string(ref.name),
      apiGroup: string(ref.apiGroup),
      subresource: string(ref.subresource),
    },
    own: isGateways && !actsAs,
    refused: !isGateways && effect !== 'allow',
    answered: isAnswered(event, part),
    changes: method !== 'GET' && method !== 'HEAD',
  };
}
