// Generates the AsyncAPI document of the audit topic, for consumers.
import { createSealer } from '../packages/audit-proof/src/chain/create-sealer.ts';
import { auditEventTypes } from '../packages/contracts/src/audit/audit-event-types.ts';
import { schemaVersion } from './audit-schema.mjs';
import { auditTypes } from './audit-types.mjs';

const bindingVersion = '0.5.0';
/** The name of a message, which may not contain a dot. */
const nameOf = (type) => type.replace('.', '-');
const perType = (build) => Object.fromEntries(auditEventTypes.map((type) => [nameOf(type), build(type)]));

const exampleEvent = {
  headers: {
    ce_id: '9c5a1f0e-2b7d-4c63-8e1a-0f4d5b6c7a89',
    ce_type: 'k8s.request',
    ce_source: 'sallyport/proxy',
    ce_time: '2026-01-02T03:04:05.000678Z',
    ce_specversion: '1.0',
    'content-type': 'application/json',
  },
  payload: {
    apiVersion: 'audit.k8s.io/v1',
    auditID: '5f0c6a1e-93d2-4d0b-b1d4-3f6f0f6c2a11',
    kind: 'Event',
    level: 'Metadata',
    objectRef: { apiVersion: 'v1', name: 'web-1', namespace: 'dev', resource: 'pods' },
    requestReceivedTimestamp: '2026-01-02T03:04:05.000678Z',
    requestURI: '/clusters/dev/api/v1/namespaces/dev/pods/web-1',
    sallyport: {
      clientAddress: '192.0.2.7',
      cluster: { id: 'dev', name: 'dev' },
      decision: { effect: 'allow', policyVersion: '4f1c9d20', reasons: ['groups-ok'], rule: 'developers' },
      identity: { groups: ['developers'], iss: 'https://idp.example.com', sub: '248289761001' },
      request: { method: 'DELETE' },
      sessionId: '0b1f6d3a-7e55-4f1a-9a55-6f0f2a3b4c5d',
    },
    sourceIPs: ['192.0.2.7'],
    stage: 'RequestReceived',
    stageTimestamp: '2026-01-02T03:04:05.000678Z',
    user: { groups: ['developers'], username: 'alice@example.com' },
    userAgent: 'kubectl/v1.36.3 (linux/amd64)',
    verb: 'delete',
  },
};

/** Returns the first event of a producer, with its hash. */
function example() {
  const { headers, payload } = structuredClone(exampleEvent);
  const { ce_id: id, ce_type: type, ce_source: source, ce_time: time } = headers;
  const sealer = createSealer({ producer: 'proxy/gateway-7d9f-5f0c6a1e' });
  return { headers, payload: JSON.parse(sealer.seal({ id, type, source, time, key: '', data: payload })) };
}

const text = (description, more = {}) => ({ type: 'string', description, ...more });
const headers = {
  type: 'object',
  description: 'CloudEvents 1.0 in binary mode.',
  required: ['ce_id', 'ce_type', 'ce_source', 'ce_time', 'ce_specversion', 'content-type'],
  properties: {
    ce_id: text('Identifies the event. It stays the same when the event is sent again: drop duplicates by it.', {
      minLength: 1,
      maxLength: 200,
    }),
    ce_type: text('What the event is about. New versions may add types: ignore those that you do not know.'),
    ce_source: text('The service that wrote the event.', { pattern: '^sallyport/' }),
    ce_time: text('When the event was made. RFC 3339 in UTC, with microseconds.', { format: 'date-time' }),
    ce_specversion: text('The version of CloudEvents.', { const: '1.0' }),
    'content-type': text('The value is JSON.', { const: 'application/json' }),
  },
};

const key = text('<cluster>/<session>. A part that is not known is "-". Events with the same key are in order.', {
  pattern: '^.+/.+$',
  examples: ['dev/0b1f6d3a-7e55-4f1a-9a55-6f0f2a3b4c5d', '-/-'],
});

function messageOf(type) {
  const { summary, has } = auditTypes[type];
  const event = { $ref: './audit-event-v1.schema.json' };
  const schema =
    has.length === 0 ? event : { allOf: [event, { properties: { sallyport: { type: 'object', required: has } } }] };
  return {
    name: type,
    title: type,
    summary,
    contentType: 'application/json',
    headers: {
      allOf: [{ $ref: '#/components/schemas/headers' }, { properties: { ce_type: { const: type } } }],
    },
    payload: { schemaFormat: 'application/schema+json;version=draft-2020-12', schema },
    bindings: { kafka: { key, bindingVersion } },
    ...(type === 'k8s.request' ? { examples: [example()] } : {}),
  };
}

const security = {
  scramSha512: { type: 'scramSha512', description: 'SASL with SCRAM-SHA-512.' },
  scramSha256: { type: 'scramSha256', description: 'SASL with SCRAM-SHA-256.' },
  plain: { type: 'plain', description: 'SASL with PLAIN. Only over TLS.' },
  oauthBearer: {
    type: 'oauth2',
    description: 'SASL with OAUTHBEARER: a token of the client credentials grant.',
    flows: { clientCredentials: { tokenUrl: 'https://idp.example.com/token', availableScopes: {} } },
  },
  clientCertificate: { type: 'X509', description: 'A client certificate (mutual TLS).' },
};

/** Generates the document. */
export function auditAsyncApi() {
  return {
    asyncapi: '3.0.0',
    id: 'urn:sallyport:audit',
    info: {
      title: 'Audit trail of Sallyport',
      version: `${schemaVersion}.0`,
      description:
        'Every stage of every request, and every change of sessions, policies and the directory, as a CloudEvent whose data is an Event of audit.k8s.io/v1. Delivery is at least once. New versions only add optional members and types.',
      license: { name: 'Apache 2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      kafka: {
        host: 'kafka.example.com:9093',
        protocol: 'kafka-secure',
        description: 'Your own Kafka, as in audit.kafka.brokers. Which kind of login it expects is up to you.',
        security: Object.keys(security).map((name) => ({ $ref: `#/components/securitySchemes/${name}` })),
      },
    },
    channels: {
      audit: {
        address: 'sallyport.audit.v1',
        title: 'The audit topic',
        description: 'The name is audit.kafka.topic of sallyport.yaml; this is the default.',
        servers: [{ $ref: '#/servers/kafka' }],
        messages: perType((type) => ({ $ref: `#/components/messages/${nameOf(type)}` })),
        bindings: { kafka: { topic: 'sallyport.audit.v1', bindingVersion } },
      },
    },
    operations: {
      sendEvents: {
        action: 'send',
        summary: 'Sallyport sends its events. Consumers receive them.',
        channel: { $ref: '#/channels/audit' },
      },
    },
    components: { messages: perType(messageOf), schemas: { headers }, securitySchemes: security },
  };
}
