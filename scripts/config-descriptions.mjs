// Describes each option of sallyport.yaml in a sentence that editors show next to it. Paths as in config-schema.mjs.
import { elevationDescriptions } from './elevation-descriptions.mjs';
import { identityDescriptions } from './identity-descriptions.mjs';
import { routeDescriptions } from './route-descriptions.mjs';
import { workloadDescriptions } from './workload-descriptions.mjs';

const service = (name, who) => ({
  [`services.${name}`]: who,
  [`services.${name}.url`]: 'The address at which the other services reach it. Use https in production, with caFile.',
  [`services.${name}.listen`]: 'The address on which it listens for the other services.',
  [`services.${name}.adminListen`]:
    'The address on which it serves /livez, /readyz and /metrics, in plain HTTP and without a credential. Put it on a network that only operators reach.',
  [`services.${name}.keyFile`]:
    'Its private key, with which it signs its calls to the others: Ed25519, PKCS #8 PEM. Give it to this service only.',
  [`services.${name}.publicKey`]:
    'Its public key, which all services need: SPKI, in PEM or base64. While the key is replaced, the old and the new one, with white space between them.',
  [`services.${name}.certFile`]: 'The certificate of its listener, PEM.',
  [`services.${name}.tlsKeyFile`]: 'The private key of that certificate, PEM.',
  [`services.${name}.caFile`]: 'The CA with which the others verify that certificate, PEM.',
});

const whenUnavailable = (what) =>
  `What happens to ${what} while their events cannot be written: refuse answers 503, spool keeps the event on disk and publishes it later.`;

export const configDescriptions = {
  gateway: 'The listener that users and their programs connect to.',
  'gateway.url': 'The address of the gateway as users see it. Clusters are below it, at /clusters/<name>.',
  'gateway.listen': 'The address on which the gateway listens.',
  'gateway.tls': "The gateway's certificate. Leave it out only if a load balancer in trustedProxies terminates TLS.",
  'gateway.tls.certFile':
    'The certificate and its chain, PEM. It must be valid for the host of gateway.url and for each clusters[].host.',
  'gateway.tls.keyFile': 'Its private key, PEM.',
  'gateway.tls.clientCaFile':
    'The CA of client certificates, PEM. If set, the gateway requests a certificate from clients. The criteria client_certificate and invalid_client_certificate need it.',
  'gateway.tls.minVersion': 'The oldest TLS version that the listener accepts: TLSv1.2 (the default) or TLSv1.3.',
  'gateway.tls.ciphers':
    "The cipher suites that the listener accepts, by their IANA names. The default is all of Mozilla's intermediate profile, which this setting can only narrow.",
  'gateway.tls.curves':
    'The key exchange groups that the listener accepts. The default is X25519MLKEM768, X25519, P-256 and P-384.',
  'gateway.trustedProxies':
    'Address blocks of the proxies in front of the gateway. X-Forwarded-For is trusted from these and ignored from anyone else.',
  'gateway.identityKeyFile':
    'The keys that sign what web applications learn about their users: EC private keys on P-256, PEM. The first signs. It is read again when it changes.',
  'gateway.proxyProtocol':
    'Whether the load balancers in trustedProxies pass TLS through and name the client in a header of the PROXY protocol, version 1 or 2. Their connections without one are then closed. Connections from other addresses have none.',
  services: 'The addresses and keys of the four services.',
  ...service('authenticate', 'Logins, sessions and identity providers.'),
  ...service('authorize', 'Decisions: policy for every request.'),
  ...service('audit', 'The store of the audit trail, and its queries.'),
  'services.proxy': 'The gateway itself, as a caller of the other services.',
  'services.proxy.adminListen':
    'The address on which it serves /livez, /readyz and /metrics, in plain HTTP and without a credential. Put it on a network that only operators reach.',
  'services.proxy.keyFile':
    'Its private key, with which it signs its calls to the others: Ed25519, PKCS #8 PEM. Give it to this service only.',
  'services.proxy.publicKey':
    'Its public key, which all services need: SPKI, in PEM or base64. While the key is replaced, the old and the new one, with white space between them.',
  sessions: 'Where sessions are stored, and how long they last.',
  'sessions.memory': 'Keep sessions in memory, for a single process. A restart logs everyone out.',
  'sessions.lifetime': 'A session ends this long after the login, even if it is in use.',
  'sessions.idle': 'A session ends this long after its last use.',
  'sessions.encryption':
    'The keys that encrypt the refresh tokens of identity providers in Redis. Without them no refresh tokens are kept there, and sessions are not refreshed.',
  'sessions.encryption.keys':
    'The first key encrypts, and all of them decrypt. To rotate, put a new key first. Remove the old one when every session has been refreshed since.',
  'sessions.encryption.keys[].id':
    'A name for the key. It is stored with what the key encrypted, so never reuse it for another key.',
  'sessions.encryption.keys[].key':
    'The key: 32 bytes in base64 (openssl rand -base64 32). Write ${env:NAME} or ${file:/path}.',
  'sessions.encryption.keys[].keyFile': 'A file with the key in base64. Only authenticate needs to read it.',
  'sessions.perUser': 'The number of sessions that one user may have at the same time. Unset means no limit.',
  'sessions.onLimit':
    'What happens when a user at that limit logs in: their oldest session ends, or the login is refused.',
  'sessions.redis':
    'The Redis that keeps sessions: redis:// or, with TLS, rediss://. Several servers are redis-sentinel://one:26379,two:26379/0#mymaster or redis-cluster://one:6379,two:6379, with TLS rediss-sentinel:// or rediss-cluster://.',
  'sessions.nodes': 'More nodes of a Redis cluster, or the Sentinels, as host:port (default: none).',
  'sessions.mode': 'How Redis is deployed: a single server (the default), a cluster, or behind Sentinels.',
  'sessions.sentinel': 'The name of the master in Sentinel (default: mymaster).',
  'sessions.caFile': 'The CA of the Redis server, PEM.',
  'sessions.waitForReplicas':
    'Acknowledge a step of an elevation only after replicas of Redis have it. Unset: as soon as the master has it.',
  'sessions.waitForReplicas.count': 'The number of replicas that must have it. In a cluster, of each master.',
  'sessions.waitForReplicas.timeout':
    'How long they may take, 1500ms at most. After that, the step is answered with 503, and may or may not have happened.',
  branding: 'What the pages of the gateway show of your organization. A change takes effect after a restart.',
  'branding.name': 'The name of the gateway on its pages, at most 60 characters. Without it they show Sallyport.',
  'branding.helpUrl': 'Where people get help: an http(s) URL, to which every page links.',
  'branding.logoFile':
    'An image that the pages show: PNG, JPEG, GIF, WebP or SVG, at most 256 KiB. Only the gateway (proxy) reads the file.',
  'branding.accent':
    'The color of links and buttons, such as "#2457d6". Where it is hard to read on the page, the pages use a darker or lighter one.',
  audit: 'The audit trail: where events are published and searched, and what happens while they cannot be written.',
  'audit.kafka': 'The Kafka topic to which events are published.',
  'audit.kafka.memory': 'Publish within this process only, for a laptop or a test.',
  'audit.kafka.brokers': 'The bootstrap brokers, as host:port.',
  'audit.kafka.topic': 'The audit topic.',
  'audit.kafka.tls': 'TLS to the brokers: true, or a mapping with files.',
  'audit.kafka.tls.caFile': 'The CA of the brokers, PEM.',
  'audit.kafka.tls.certFile': 'A client certificate for the brokers, PEM.',
  'audit.kafka.tls.keyFile': 'Its private key, PEM.',
  'audit.kafka.sasl': 'How to log in to the brokers.',
  'audit.kafka.sasl.mechanism':
    'The SASL mechanism. `plain` and `oauthbearer` need TLS, unless all brokers are on this machine.',
  'audit.kafka.sasl.username': 'The user name.',
  'audit.kafka.sasl.password': 'The password. Write ${env:NAME} or ${file:/path}.',
  'audit.kafka.sasl.tokenUrl':
    'The token endpoint that issues tokens for oauthbearer, with https. Tokens are requested with the client credentials grant of OAuth.',
  'audit.kafka.sasl.clientId': 'The client that requests tokens.',
  'audit.kafka.sasl.clientSecret': 'Its secret. Write ${env:NAME} or ${file:/path}.',
  'audit.kafka.sasl.clientAuth':
    'Whether the secret is sent in the Authorization header (basic) or in the body (post).',
  'audit.kafka.sasl.scope': 'The scope to request, if the token endpoint expects one.',
  'audit.kafka.sasl.audience': 'The audience to request, if the token endpoint expects one.',
  'audit.kafka.sasl.extensions': 'SASL extensions that the brokers expect next to the token, by name.',
  'audit.kafka.sasl.caFile': 'The CA of the token endpoint, PEM. Without it, the CAs that Node.js trusts.',
  'audit.store': 'The store in which events are searched.',
  'audit.store.postgres': 'The PostgreSQL database of the store: postgres://...',
  'audit.store.embedded': 'A directory for a store within the process, for a laptop or a test.',
  'audit.keep':
    'The number of events of users and services that the embedded store keeps. The oldest are deleted first.',
  'audit.keepAnonymous':
    'The number of events of anonymous callers that either store keeps in addition. The oldest are deleted first. Repetitions are one event with a count.',
  'audit.retention': 'Events older than this are deleted from the store, a whole day (UTC) at a time.',
  'audit.legalHolds': 'Times whose events are kept although `retention` has passed.',
  'audit.legalHolds[].name': 'The name of the hold. It appears in logs and metrics.',
  'audit.legalHolds[].from': 'When it begins: a day or a time in RFC 3339. Whole days (UTC) are kept.',
  'audit.legalHolds[].until': 'When it ends. Without it, the hold has no end.',
  'audit.legalHolds[].reason': 'Why, for whoever reads the configuration.',
  'audit.spool': 'Disk space for events that cannot be published at once.',
  'audit.spool.dir': 'Its directory.',
  'audit.spool.maxBytes': 'Its maximum size. When it is full, requests are refused.',
  'audit.whenUnavailable': 'What happens to requests whose events cannot be written, by kind of request.',
  'audit.whenUnavailable.write': whenUnavailable('requests that change something'),
  'audit.whenUnavailable.exec': whenUnavailable('exec, attach, port-forward and similar requests'),
  'audit.whenUnavailable.secretRead': whenUnavailable('reads of secrets'),
  'audit.whenUnavailable.read': whenUnavailable('other reads'),
  'audit.omitStages':
    'Stages that have no event for reads, as in an audit policy of Kubernetes: [RequestReceived] or nothing. Writes, exec and reads of secrets always have both events, and so has every request that must be recorded before it is sent to the cluster.',
  'audit.execCommand':
    'Whether events contain the command of an exec in clear text, or as keyed hashes, which can be compared among the events of one person.',
  'audit.checkpoints':
    'Signed checkpoints of the audit trail. Without them, nothing shows if its end, or all events of a producer, are missing.',
  'audit.checkpoints.keyFile':
    'The Ed25519 private key (PKCS #8 PEM) that signs them. Only the audit service needs it. Use it for nothing else.',
  'audit.checkpoints.retiredKeys':
    'Files of the public keys (PEM) that signed earlier checkpoints. They are published together with the key in use.',
  'audit.checkpoints.everyEvents': 'After this many events, a checkpoint is signed at once.',
  'audit.checkpoints.every': 'How often a checkpoint is signed, if there are new events.',
  'audit.checkpoints.anchor':
    'A second place for the checkpoints, out of reach of whoever can change the trail. Each of them gets there at least once.',
  'audit.checkpoints.anchor.file': 'A file to which each checkpoint is appended as a line of JSON.',
  'audit.checkpoints.anchor.url': 'An address to which each checkpoint is posted as JSON.',
  'audit.checkpoints.anchor.tokenFile': 'A file with a token that is sent there as `Authorization: Bearer`.',
  ...identityDescriptions,
  login: 'Login methods, redirects and pages.',
  'login.device':
    'Whether a login can be approved in a browser on another machine with a code (RFC 8628): `sallyport login --device`.',
  'login.paste':
    'Whether a login in a browser on another machine may show a one-time code to paste into the terminal: `sallyport login --no-browser`.',
  'login.pomerium': "Whether Pomerium's clients may log in. Their protocol sends the token in a URL on loopback.",
  'login.redirects':
    'Redirect URIs that a login may use in addition to any port on 127.0.0.1 and [::1]. The whole URI is compared.',
  'login.url': 'The URL of the login pages in browsers, if it is not that of the gateway.',
  'login.listen':
    'A listener on loopback for those pages, and for web applications at localhost, in plain HTTP, for demos.',
  streams: 'Limits for streams: exec, logs, watch, port-forward.',
  'streams.recheck': 'How often an open stream is rechecked, in addition to every change of its session or the policy.',
  'streams.grace': 'How long a stream may continue while it cannot be rechecked.',
  'streams.drain': 'How long open streams may continue when the gateway shuts down.',
  'streams.perUser': 'The maximum number of open streams of one user.',
  'streams.perCluster': 'The maximum number of open streams to one cluster.',
  'streams.inFlightPerUser': 'The maximum number of concurrent requests of one user, in addition to streams.',
  timeouts: 'How long the gateway waits for a cluster.',
  'timeouts.connect': 'The time to connect.',
  'timeouts.firstByte': 'The time to the first byte of the response to a short request.',
  api: "The gateway's own API.",
  'api.policy': 'Who may see and change what belongs to other users. Without a rule, no one may.',
  'api.policy.sessions': 'Who may list and revoke the sessions of other users.',
  'api.policy.audit': 'Who may search the events of other users.',
  'api.policy.policy': 'Who may see the policies.',
  'api.policy.elevations': 'Who may act on the elevations of other users.',
  'api.policy.serviceAccountNames':
    'Who may create service accounts of which names (service_account). Without it, anyone may create any that is free.',
  'api.policy.machines':
    'Who may list and revoke the agents and service accounts of other users, and make service accounts with groups that they do not have.',
  policies: 'Named policies that clusters and namespaces can use.',
  policy: 'A policy for all clusters, in addition to their own.',
  policyFile: 'A file with this policy, instead of policy.',
  explain: 'Whether a refusal may say what would have been allowed. Each cluster can override it.',
  shadow: 'A policy that is evaluated and recorded on all clusters, but never enforced.',
  reload: 'How a changed configuration is reloaded while the services run.',
  tracing: 'Spans of requests, for a collector of OpenTelemetry. A change needs a restart.',
  'tracing.otlp':
    'The collector: the base URL of its OTLP/HTTP receiver, such as http://collector:4318. The path /v1/traces is added. Tracing is off without it.',
  'tracing.sample': 'The share of requests that are traced, from 0 to 1. The gateway decides, whatever a client sends.',
  'reload.maxBytes': 'The maximum size of a file that is read.',
  clusters: 'The Kubernetes clusters behind the gateway.',
  'clusters[].name': 'Its name, which is part of its URL: <gateway.url>/clusters/<name>.',
  'clusters[].server': 'The URL of its API server.',
  'clusters[].caFile': 'The CA of the API server, PEM.',
  'clusters[].serverName': "The name in the API server's certificate, if it is not the host of server.",
  'clusters[].token':
    "The gateway's token for the cluster. Write ${env:NAME} or ${file:/path}. Give exactly one credential.",
  'clusters[].tokenFile': "A file with the gateway's token for the cluster. It is read again when it changes.",
  'clusters[].clientCertFile': "The gateway's client certificate for the cluster, PEM.",
  'clusters[].clientKeyFile': 'The private key of that certificate, PEM.',
  'clusters[].kubeconfig': 'A kubeconfig with the server, its CA and the credential.',
  'clusters[].context': 'The context of the kubeconfig to use.',
  'clusters[].host': 'A host name of the gateway that serves only this cluster: https://<host>.',
  'clusters[].impersonate': 'The user and group names that may be impersonated.',
  'clusters[].impersonate.groups': 'The groups that are sent to the cluster, as patterns with *.',
  'clusters[].impersonate.allowSystem':
    'Names that begin with system: and may be sent to the cluster, by exact name. system:serviceaccount:NAMESPACE:* lets people act as the ServiceAccounts of a namespace, if policy and RBAC allow it.',
  'clusters[].policies': 'Names of policies at the top of the file that apply to this cluster.',
  'clusters[].policy': 'A policy for this cluster.',
  'clusters[].policyFile': 'A file with this policy, instead of policy.',
  'clusters[].namespaces': 'Additional policies for requests in some namespaces.',
  'clusters[].namespaces[].match': 'The namespaces, as a pattern with * or a list of patterns.',
  'clusters[].namespaces[].policies': 'Names of policies that apply to these namespaces.',
  'clusters[].namespaces[].policy': 'A policy for these namespaces.',
  'clusters[].explain': 'Whether a refusal on this cluster may say what would have been allowed.',
  'clusters[].shadow': 'A policy that is evaluated and recorded on this cluster, but never enforced.',
  'clusters[].auditWebhook':
    "How the cluster's API server sends its own audit events, with which the audit trail is compared. The audit service reads this when it starts.",
  'clusters[].auditWebhook.tokenSha256':
    "The SHA-256 of the API server's token, in hexadecimal: sallyport audit webhook-token makes both. A list, while the token is replaced.",
  'clusters[].auditWebhook.ignore':
    'Patterns of users who are expected to bypass the gateway. Requests in which they act as someone else count only if both match.',
  'clusters[].auditWebhook.gatewayUsers':
    "The names of the gateway's own account in the cluster. Requests of these accounts that the gateway did not record are never ignored. Without it, the account is learned from the gateway's requests.",
  'clusters[].auditWebhook.grace': 'How late the event of a request may be before it counts as missing.',
  ...routeDescriptions,
  ...workloadDescriptions,
  ...elevationDescriptions,
};
