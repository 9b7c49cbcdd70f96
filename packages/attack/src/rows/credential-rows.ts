import {
  describeReply,
  held,
  hole,
  judgeRefusal,
  probe,
  review,
  reviewPath,
  inconclusive,
  type AttackRow,
  type Attempt,
  type Attacker,
  type Probe,
} from '../probe/probe.ts';

const without = (what: string, attempt: Attempt | ((attacker: Attacker) => Attempt)): Probe =>
  probe(what, (attacker) => review(typeof attempt === 'function' ? attempt(attacker) : attempt), judgeRefusal);

const credentials: AttackRow = {
  row: 'A07',
  attack: 'missing, empty, malformed or multiple credentials',
  probes: [
    without('none', { authorization: null }),
    ...[
      '',
      'Bearer',
      'Bearer ',
      'Bearer    ',
      'Bearer null',
      'Bearer undefined',
      'Basic Og==',
      'NTLM TlRMTVNTUAA=',
      'Negotiate YAAA',
    ].map((value) => without(`Authorization: ${JSON.stringify(value)}`, { authorization: value })),
    without('a wrong one before yours', ({ token }) => ({
      authorization: 'Bearer sallyport-attack',
      lines: [`Authorization: Bearer ${token}`],
    })),
    without('a wrong one after yours', { lines: ['Authorization: Bearer sallyport-attack'] }),
    without('two in one line', ({ token }) => ({ authorization: `Bearer ${token}, Bearer sallyport-attack` })),
    // Not the real token, because a URL appears in the logs of proxies on the way.
    without('one in the URL', { authorization: null, path: `${reviewPath}?access_token=sallyport-attack` }),
    without('one in a cookie', ({ token }) => ({
      authorization: null,
      lines: [`Cookie: __Host-sallyport=${token}; sallyport-demo=${token}; token=${token}`],
    })),
  ],
};

const pod = `sallyport-attack-${Math.random().toString(36).slice(2, 10)}`;
const handshake = (protocols: string): string[] => [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  `Sec-WebSocket-Protocol: ${protocols}`,
];
const bearer = (token: string) => `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}`;

/** An exec into a pod that does not exist. If the response says so, the handshake reached the cluster. */
const offer = (what: string, protocols: (token: string) => string, authorization: string | null = null): Probe =>
  probe(
    what,
    ({ token }) => ({
      path: `/api/v1/namespaces/default/pods/${pod}/exec?command=true`,
      authorization,
      lines: handshake(protocols(token)),
    }),
    (reply) => {
      if (reply.status === 101 || reply.status === 404 || /forbidden: User /.test(reply.body))
        return hole(`${describeReply(reply)}: the handshake reached the cluster`);
      return reply.status >= 500 ? inconclusive(describeReply(reply)) : judgeRefusal(reply);
    },
  );

const subprotocols: AttackRow = {
  row: 'A11',
  attack: 'bearer subprotocols',
  probes: [
    offer('the token alone', bearer),
    offer('yours and another', (token) => `${bearer(token)}, ${bearer('sallyport-attack')}, v5.channel.k8s.io`),
    offer('another and yours', (token) => `${bearer('sallyport-attack')}, ${bearer(token)}, v5.channel.k8s.io`),
    offer('invalid base64url', () => 'base64url.bearer.authorization.k8s.io.***, v5.channel.k8s.io'),
    offer('an empty one', () => 'base64url.bearer.authorization.k8s.io., v5.channel.k8s.io'),
    offer(
      'yours, and another in Authorization',
      (token) => `${bearer(token)}, v5.channel.k8s.io`,
      'Bearer sallyport-attack',
    ),
  ],
};

const reuse: Probe = {
  what: 'a request without a credential after a refused upgrade',
  async run({ sendTwo }) {
    const [first, second] = await sendTwo(
      { path: `/api/v1/namespaces/default/pods/${pod}/exec?command=true`, lines: handshake('v5.channel.k8s.io') },
      review({ authorization: null }),
    );
    if (first.status === 101 || first.status === 0)
      return inconclusive(`the upgrade was not refused: ${describeReply(first)}`);
    if (second.status >= 200 && second.status < 300) return hole('it was answered as if it had a credential');
    return held(second.status === 0 ? 'the connection was closed' : describeReply(second));
  },
};

const upgrade = (what: string, lines: string[], attempt: Attempt = {}): Probe =>
  probe(what, { path: '/version', ...attempt, lines }, (reply) => {
    if (reply.status === 101) return hole('the connection was handed over');
    return reply.status === 0 && !reply.closed ? inconclusive('no response') : held(describeReply(reply));
  });

const upgrades: AttackRow = {
  row: 'A13',
  attack: 'upgrades to another protocol, or in the wrong place',
  probes: [
    upgrade('to h2c', ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__']),
    upgrade('to h2c, without settings', ['Connection: Upgrade', 'Upgrade: h2c']),
    upgrade('to TLS', ['Connection: Upgrade', 'Upgrade: TLS/1.0']),
    upgrade('to an unknown protocol', ['Connection: Upgrade', 'Upgrade: sallyport-attack']),
    upgrade('to a WebSocket where there is no stream', handshake('v5.channel.k8s.io')),
    upgrade('to SPDY where there is no stream', ['Connection: Upgrade', 'Upgrade: SPDY/3.1', 'Content-Length: 0'], {
      method: 'POST',
    }),
    probe('CONNECT', { method: 'CONNECT', target: 'attack.invalid:443' }, judgeRefusal),
  ],
};

export const credentialRows: readonly AttackRow[] = [
  credentials,
  subprotocols,
  { row: 'A12', attack: 'reusing a connection after a refused upgrade', probes: [reuse] },
  upgrades,
];
