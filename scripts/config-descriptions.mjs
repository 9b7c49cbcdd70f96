// What each option of sallyport.yaml is, in a sentence that editors show beside it. Paths as in config-schema.mjs.
const service = (name, who) => ({
  [`services.${name}`]: who,
  [`services.${name}.url`]: 'Where the other services find it. Use https in production, with caFile.',
  [`services.${name}.listen`]: 'Where it listens for the other services.',
  [`services.${name}.adminListen`]:
    'Where it answers /livez, /readyz and /metrics, in plain HTTP and without a credential: for a network that only operators reach.',
  [`services.${name}.keyFile`]:
    'Its own private key, by which the others know it: Ed25519, PKCS #8 PEM. For this service alone.',
  [`services.${name}.publicKey`]: 'The public half of its key, known to all: SPKI, in PEM or base64.',
  [`services.${name}.certFile`]: 'Certificate of its listener, PEM.',
  [`services.${name}.tlsKeyFile`]: 'Private key of that certificate, PEM.',
  [`services.${name}.caFile`]: 'The CA by which the others verify that certificate, PEM.',
});

const away = (what) =>
  `What happens to ${what} while their events cannot be written: refuse answers 503, spool keeps the event for later.`;

export const configDescriptions = {
  gateway: 'What people and programs talk to.',
  'gateway.url': 'The address that people type. Clusters are below it, at /clusters/<name>.',
  'gateway.listen': 'Where the gateway listens.',
  'gateway.tls': "The gateway's certificate. It may be left out only where a load balancer in trustedProxies ends TLS.",
  'gateway.tls.certFile':
    'The certificate and its chain, PEM; valid for the host of gateway.url and for each clusters[].host.',
  'gateway.tls.keyFile': 'Its private key, PEM.',
  'gateway.tls.clientCaFile':
    'The CA of client certificates, PEM. With it the gateway asks clients for a certificate, for the criteria client_certificate and invalid_client_certificate.',
  'gateway.tls.minVersion': 'The oldest version of TLS that the listener speaks: TLSv1.2 (the default) or TLSv1.3.',
  'gateway.tls.ciphers':
    "The cipher suites that the listener offers, by their IANA names; the default is all of Mozilla's intermediate profile, which this can only narrow.",
  'gateway.tls.curves':
    'The groups for key exchange that the listener offers; the default is X25519MLKEM768, X25519, P-256 and P-384.',
  'gateway.trustedProxies':
    'Address blocks of proxies in front, whose X-Forwarded-For is believed. From anyone else it is ignored.',
  'gateway.proxyProtocol': 'The proxy protocol is not supported by this version.',
  services: 'Where the four services find each other, and their keys.',
  ...service('authenticate', 'Logins, sessions and identity providers.'),
  ...service('authorize', 'Decisions: policy for every request.'),
  ...service('audit', 'The store of the audit trail, and its queries.'),
  'services.proxy': 'The gateway itself, as the other services know it.',
  'services.proxy.adminListen':
    'Where it answers /livez, /readyz and /metrics, in plain HTTP and without a credential: for a network that only operators reach.',
  'services.proxy.keyFile':
    'Its own private key, by which the others know it: Ed25519, PKCS #8 PEM. For this service alone.',
  'services.proxy.publicKey': 'The public half of its key, known to all: SPKI, in PEM or base64.',
  sessions: 'Where sessions live, and for how long.',
  'sessions.memory': 'Keep sessions in memory: for one process. A restart logs everybody out.',
  'sessions.lifetime': 'A session ends so long after the login, whatever its use.',
  'sessions.idle': 'A session ends so long after its last use.',
  'sessions.encryption':
    'The keys that seal what identity providers give for a session (refresh tokens) in Redis. Without them no such tokens are kept there, and sessions are not refreshed.',
  'sessions.encryption.keys':
    'The first key seals, all of them open: to rotate, put a new one first, and take the old one away when every session has been refreshed since.',
  'sessions.encryption.keys[].id':
    'A name for the key, which stands beside what it sealed. Never give it to another key.',
  'sessions.encryption.keys[].key':
    'The key: 32 bytes in base64 (openssl rand -base64 32); write ${env:NAME} or ${file:/path}.',
  'sessions.encryption.keys[].keyFile': 'A file with the key in base64, which only authenticate needs to read.',
  'sessions.perUser': 'A person has at most so many sessions at a time. Without it there is no limit.',
  'sessions.onLimit':
    'What happens when a person at that limit logs in: their oldest session ends, or the login is refused.',
  'sessions.redis': 'The Redis that keeps sessions: redis:// or, with TLS, rediss://.',
  'sessions.nodes': 'Further nodes of a Redis cluster, or the Sentinels, as host:port.',
  'sessions.mode': 'What the Redis is: a single server, a cluster, or one behind Sentinels.',
  'sessions.sentinel': 'The name by which Sentinels know the master.',
  'sessions.caFile': 'The CA of the Redis, PEM.',
  audit: 'The audit trail: where events go, where they are searched, and what happens while they cannot be written.',
  'audit.kafka': 'The topic that events are published on.',
  'audit.kafka.memory': 'Publish within this process alone: for a laptop or a test.',
  'audit.kafka.brokers': 'Brokers to begin with, as host:port.',
  'audit.kafka.topic': 'The audit topic.',
  'audit.kafka.tls': 'TLS to the brokers: true, or with files.',
  'audit.kafka.tls.caFile': 'The CA of the brokers, PEM.',
  'audit.kafka.tls.certFile': 'A client certificate for the brokers, PEM.',
  'audit.kafka.tls.keyFile': 'Its private key, PEM.',
  'audit.kafka.sasl': 'How to log in to the brokers.',
  'audit.kafka.sasl.mechanism': 'The SASL mechanism.',
  'audit.kafka.sasl.username': 'The user.',
  'audit.kafka.sasl.password': 'The password; write ${env:NAME} or ${file:/path}.',
  'audit.store': 'Where events are searched.',
  'audit.store.postgres': 'The PostgreSQL of the store: postgres://...',
  'audit.store.embedded': 'A directory for a store within the process: for a laptop or a test.',
  'audit.keep': 'The embedded store keeps at most so many events of people and services; the oldest go first.',
  'audit.keepAnonymous':
    'Either store keeps at most so many events of anonymous callers, besides all others; the oldest go first. Repetitions are one event with a count.',
  'audit.retention': 'Events older than this are deleted from the store.',
  'audit.spool': 'A place on disk for events that cannot be published at once.',
  'audit.spool.dir': 'Its directory.',
  'audit.spool.maxBytes': 'Its size; when it is full, nothing more is let through.',
  'audit.whenUnavailable': 'What happens to requests whose events cannot be written, by class.',
  'audit.whenUnavailable.write': away('requests that change something'),
  'audit.whenUnavailable.exec': away('exec, attach, port-forward and everything like them'),
  'audit.whenUnavailable.secretRead': away('reads of secrets'),
  'audit.whenUnavailable.read': away('other reads'),
  'audit.execCommand': 'Whether events hold the command of an exec in clear, or as keyed hashes that can be compared.',
  identity: 'Who people are.',
  'identity.defaultProvider': 'The provider that people are sent to who do not choose one; unless set, they are asked.',
  'identity.directory': 'People and groups from elsewhere than the token of a login.',
  'identity.directory.sources': 'Places that know people and their groups. Providers name them in groupSources.',
  'identity.directory.sources[].kind':
    'scim: pushed by the identity provider (SCIM 2.0). map: a file. okta, google, github: read from their APIs every now and then. entra: asked at a login.',
  'identity.directory.sources[].id': 'A name for the source; its kind, unless given.',
  'identity.directory.sources[].required': 'Only people whom this source knows may log in.',
  'identity.directory.sources[].tokens':
    'The bearer tokens with which a client may push, each with a name for the audit trail.',
  'identity.directory.sources[].tokens[].id': "The token's name, which stands in the audit trail.",
  'identity.directory.sources[].tokens[].sha256':
    'The SHA-256 of the token, in hexadecimal: printf %s "$TOKEN" | sha256sum.',
  'identity.directory.sources[].tokens[].tokenFile':
    'A file with the token itself, 32 characters at least; read at start.',
  'identity.directory.sources[].match': 'By what a person of the source is known to be the one who logs in.',
  'identity.directory.sources[].match.claim':
    'What of the login is compared: sub, email (a verified one), user (the name here), or any other claim.',
  'identity.directory.sources[].match.attribute': "What of the source's person it is compared with.",
  'identity.directory.sources[].groupName': 'Which attribute of a pushed group is its name in policies.',
  'identity.directory.sources[].file': 'The file with people and groups; followed while the services run.',
  'identity.directory.sources[].caFile': 'The CA of the API, PEM.',
  'identity.directory.sources[].allowInsecure': 'Allow an API in plain http: for tests.',
  'identity.directory.sources[].outageGrace':
    'How long what was read last holds while it cannot be read again; after that nobody logs in by this source.',
  'identity.directory.sources[].interval': 'How often the API is read.',
  'identity.directory.sources[].groups': 'Which groups are read; patterns with *.',
  'identity.directory.sources[].token': 'The API token; write ${env:NAME} or ${file:/path}.',
  'identity.directory.sources[].tokenFile': 'A file with the API token; read again at each use.',
  'identity.directory.sources[].url': 'Where the API is.',
  'identity.directory.sources[].serviceAccountFile': 'The key of a Google service account, as Google gives it (JSON).',
  'identity.directory.sources[].admin': 'The administrator for whom the service account acts.',
  'identity.directory.sources[].customer': 'The Google customer whose groups are read.',
  'identity.directory.sources[].tokenUrl': 'Where Google gives access tokens.',
  'identity.directory.sources[].organizations': 'The GitHub organisations whose people and teams are read.',
  'identity.directory.sources[].tenant': 'The Entra tenant: its id or domain.',
  'identity.directory.sources[].clientId': 'The application that asks Microsoft Graph.',
  'identity.directory.sources[].clientSecret': 'Its secret; write ${env:NAME} or ${file:/path}.',
  'identity.directory.sources[].loginUrl': 'Where Entra gives access tokens.',
  'identity.directory.sources[].when':
    'overage: Graph is asked only where the token says that there are too many groups for it. always: at every login and refresh.',
  'identity.directory.sources[].groupsClaim': 'The claim with the groups, where the token has them.',
  'identity.providers':
    'Identity providers that people log in with. Examples for each of the usual ones: docs/providers.md.',
  'identity.providers[].id': 'A short name of the provider; it becomes part of addresses.',
  'identity.providers[].kind': 'openid (OpenID Connect), or github, which speaks OAuth alone.',
  'identity.providers[].name': 'What people know it by, on the page where they choose; the id unless set.',
  'identity.providers[].issuer': 'Its issuer, exactly as the provider has it. For kind: github the address of GitHub.',
  'identity.providers[].issuerTemplate':
    'The issuer of its tokens where it differs by tenant, with the claims that it is made of in braces: https://login.microsoftonline.com/{tid}/v2.0. requireClaims must say which values are let in.',
  'identity.providers[].discoveryUrl':
    'Where its metadata are, if not at <issuer>/.well-known/openid-configuration. They must name the issuer all the same.',
  'identity.providers[].endpointHosts':
    "Hosts besides the issuer's own that the gateway asks for tokens, keys and UserInfo. If empty, any on the Internet; hosts inside a network only if they are listed.",
  'identity.providers[].apiUrl': 'With kind: github, where its API is, if not where GitHub has it.',
  'identity.providers[].clientId': "The gateway's client id there.",
  'identity.providers[].clientSecret': "The client's secret; write ${env:NAME} or ${file:/path}.",
  'identity.providers[].clientAuth':
    'How the gateway proves itself for tokens: auto (basic or post, as the provider says; none without a secret), basic, post, private_key_jwt or none.',
  'identity.providers[].clientKeyFile': 'With clientAuth: private_key_jwt, the private key (PEM; RSA, Ed25519 or EC).',
  'identity.providers[].clientKeyId': "The key's id (kid), if the provider wants it named.",
  'identity.providers[].scopes':
    'Scopes to ask for. For OpenID openid is one of them, and the default is openid, profile, email, groups, offline_access; for GitHub it is read:user, user:email, read:org.',
  'identity.providers[].extraParams':
    'More parameters of the address that people are sent to, such as prompt, access_type, hd, audience or connector_id.',
  'identity.providers[].audiences':
    'Who else an id_token may be for (aud), besides the gateway. One that is also for others is refused.',
  'identity.providers[].userInfo':
    'When UserInfo is asked for claims: ifMissing (if the id_token lacks some that are needed), always or never. What the id_token says counts more.',
  'identity.providers[].claims': "Which claims say who somebody is. A claim's whole name, or a path with dots.",
  'identity.providers[].claims.user': "The claim that becomes the user's name, on clusters too.",
  'identity.providers[].claims.groups': 'The claim that holds the groups.',
  'identity.providers[].claims.email':
    'The claim that holds the e-mail address. claims.user: email means this one, too.',
  'identity.providers[].claims.emailVerified': 'The claim that says whether the provider has verified the address.',
  'identity.providers[].requireClaims':
    'Claims that people must have to log in at all: one of the values, or for a claim that is a list, one of them in it.',
  'identity.providers[].emailVerified': 'Whether the provider must have verified an e-mail address for it to count.',
  'identity.providers[].emailVerifiedValues':
    'Values of that claim that mean yes; some providers write "true", 1 or "1".',
  'identity.providers[].userFallback':
    'Name people <provider>:<sub> where the user claim is missing; otherwise they are refused.',
  'identity.providers[].prefix':
    'What is put before names of this provider, so that they are not those of another. Names of other providers that begin with it are refused.',
  'identity.providers[].prefix.user': 'Before user names.',
  'identity.providers[].prefix.groups': 'Before group names.',
  'identity.providers[].groupSources':
    "Where the groups of this provider's people come from, in order: claims (what the provider itself sends) and names of directory.sources. Whoever one of them says is deactivated does not get in.",
  'identity.providers[].combineGroups':
    'first: the first source that knows the person decides alone. merge: the groups of all of them are taken together.',
  'identity.providers[].domains':
    'Domains whose people have their accounts here: who comes with login_hint or domain_hint of one is sent on without being asked to choose.',
  'identity.providers[].domainHintParam':
    'The parameter by which the provider takes a domain: hd for Google, domain_hint for Entra ID.',
  'identity.providers[].ownCallback':
    'Come back to /.sallyport/callback/<id> instead of /.sallyport/callback: for a provider that does not name itself in its answers (RFC 9207), where there are several.',
  'identity.providers[].caFile': 'The CA of the provider, PEM.',
  'identity.providers[].allowInsecureIssuer': 'Allow an issuer in plain http: for demos.',
  'identity.providers[].endSession':
    'Whether a browser that logs out here is sent on to the provider (its end_session_endpoint) to log out there, too. The provider must know <login.url or gateway.url>/.sallyport/signed-out as an address to come back to.',
  'identity.providers[].refresh': 'How identities are kept up to date.',
  'identity.providers[].refresh.interval': "How often a session's identity is asked for anew.",
  'identity.providers[].refresh.outageGrace': 'How long a session goes on while the provider cannot be reached.',
  login: 'Where logins may lead back to, and where their pages are.',
  'login.device':
    'Whether a login may be approved in a browser on another machine, by a code (RFC 8628): `sallyport login --device`.',
  'login.paste':
    'Whether a login in a browser on another machine may show a one-time code to carry back: `sallyport login --no-browser`.',
  'login.pomerium':
    "Whether Pomerium's clients may log in. Their protocol hands the token over in an address on loopback.",
  'login.redirects': 'Addresses that a login may lead back to, whole, besides any port on 127.0.0.1 and [::1].',
  'login.url': 'Where browsers see the login pages, when that is not the gateway itself.',
  'login.listen': 'A listener on loopback for those pages in plain http: for demos.',
  streams: 'Limits of what stays open: exec, logs, watch, port-forward.',
  'streams.recheck': 'How often an open stream is judged again, besides whenever something changes.',
  'streams.grace': 'How long a stream may go on while it cannot be judged again.',
  'streams.drain': 'How long open streams may go on when the gateway shuts down.',
  'streams.perUser': 'Most open streams of one person.',
  'streams.perCluster': 'Most open streams to one cluster.',
  'streams.inFlightPerUser': 'Most requests of one person under way at once, besides streams.',
  timeouts: 'How long the gateway waits for a cluster.',
  'timeouts.connect': 'For a connection.',
  'timeouts.firstByte': 'For the first byte of an answer to a short request.',
  api: "The gateway's own API.",
  'api.policy': 'Who may look at and act on what is not their own. Without a rule, nobody may.',
  'api.policy.sessions': 'Who may list and revoke the sessions of others.',
  'api.policy.audit': 'Who may search the events of others.',
  'api.policy.policy': 'Who may look at the policies.',
  'api.policy.elevations': 'Who may act on the elevations of others.',
  policies: 'Named policies, for clusters and namespaces to use.',
  policy: 'A policy for every cluster, besides those of each.',
  policyFile: 'A file with that policy, in place of it.',
  explain: 'A refusal may say what would have been allowed: for every cluster that does not say otherwise.',
  shadow: 'A policy that is judged and recorded beside those in force, on every cluster, and never enforced.',
  reload: 'How a changed configuration is taken into use while the services run.',
  'reload.maxBytes': 'The largest file that is read.',
  clusters: 'The Kubernetes clusters behind the gateway.',
  'clusters[].name': 'Its name, which stands in its address: <gateway.url>/clusters/<name>.',
  'clusters[].server': 'The address of its API server.',
  'clusters[].caFile': 'The CA of the API server, PEM.',
  'clusters[].serverName': "The name in the API server's certificate, where it is not the host of server.",
  'clusters[].token': "The gateway's token for it; write ${env:NAME} or ${file:/path}. Give exactly one credential.",
  'clusters[].tokenFile': "A file with the gateway's token for it, read again when it changes.",
  'clusters[].clientCertFile': "The gateway's client certificate for it, PEM.",
  'clusters[].clientKeyFile': 'The private key of that certificate, PEM.',
  'clusters[].kubeconfig': 'A kubeconfig that says all of this.',
  'clusters[].context': 'The context of the kubeconfig.',
  'clusters[].host': "A host name of the gateway's that leads to this cluster alone: https://<host>.",
  'clusters[].impersonate': 'Which names go upstream.',
  'clusters[].impersonate.groups': 'Groups that go upstream, as patterns with *.',
  'clusters[].impersonate.allowSystem': 'Users and groups that begin with system: and may go upstream, by exact name.',
  'clusters[].policies': 'Names of policies that hold here, from the top of the file.',
  'clusters[].policy': 'A policy that holds here.',
  'clusters[].policyFile': 'A file with that policy, in place of it.',
  'clusters[].namespaces': 'Policies that hold for the requests of some namespaces, besides the others.',
  'clusters[].namespaces[].match': 'The namespaces, as a pattern with * or a list of them.',
  'clusters[].namespaces[].policies': 'Names of policies that hold there.',
  'clusters[].namespaces[].policy': 'A policy that holds there.',
  'clusters[].explain': 'A refusal on this cluster may say what would have been allowed.',
  'clusters[].shadow':
    'A policy that is judged and recorded beside those in force on this cluster, and never enforced.',
  routes: 'Web routes are not supported by this version.',
  elevations: 'Elevations are not supported by this version.',
};
