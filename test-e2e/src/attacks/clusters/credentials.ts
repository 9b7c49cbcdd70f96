import { describe, expect, it } from '@jest/globals';
import { expectAccepted, expectAlice, expectRefused, exec, webSocket, type Attack } from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const protocol = (token: string) => `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}`;
const alice = () => attackFixture().tokens.alice;
const offer = (protocols: string): Attack => ({
  target: exec,
  authorization: undefined,
  lines: [...webSocket.slice(0, 4), `Sec-WebSocket-Protocol: ${protocols}`],
});

const nobody: [string, (token: string) => string | undefined][] = [
  ['none', () => undefined],
  ['an empty line', () => ''],
  ['the word alone', () => 'Bearer'],
  ['white space', () => 'Bearer     '],
  ['two spaces', (token) => `Bearer  ${token}`],
  ['a tab', (token) => `Bearer\t${token}`],
  ['no space', (token) => `Bearer${token}`],
  ['a token in two pieces', (token) => `Bearer ${token.slice(0, 10)} ${token.slice(10)}`],
  ['a list', (token) => `Bearer ${token}, Bearer ${token}`],
  ['a list without spaces', (token) => `Bearer ${token},${token}`],
  ['Basic', (token) => `Basic ${Buffer.from(`alice:${token}`).toString('base64')}`],
  ['another scheme', (token) => `Token ${token}`],
  ['the service scheme', (token) => `Sallyport-Service ${token}`],
  ['no scheme', (token) => token],
  ['quotes', (token) => `Bearer "${token}"`],
  ['upper case', (token) => `Bearer ${token.toUpperCase()}`],
  ['one character less', (token) => `Bearer ${token.slice(0, -1)}`],
  ['one more', (token) => `Bearer ${token}A`],
  ['a byte above 127 behind it', (token) => `Bearer ${token}\xa0`],
  ['its own hash', (token) => `Bearer spt_${Buffer.from(token).toString('base64url').slice(0, 43)}`],
  ['a made-up token', () => `Bearer spt_${'A'.repeat(43)}`],
  ['5,000 characters', () => `Bearer ${'x'.repeat(5000)}`],
  ['a token without signature', () => 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.'],
];

export function attackCredentials(): void {
  describe('A07: a credential that is', () => {
    it.each(nobody)('%s is refused as anonymous', async (_what, value) => {
      const { reply, event } = await expectRefused({ authorization: value(alice()) }, 401, /[Ll]og in|credential/);
      expect(reply.header('www-authenticate')).toHaveLength(1);
      expect(event.data.user).toEqual({});
    });

    it.each([
      ['twice the same', () => `Authorization: Bearer ${alice()}`],
      ['two', () => `Authorization: Bearer ${attackFixture().tokens.bob}`],
      ['one and an empty line', () => 'Authorization:'],
      ['one and Basic', () => 'authorization: Basic YTpi'],
    ])('%s is ambiguous', async (_what, line) => {
      await expectRefused({ lines: [line()] }, 400, /twice/);
    });

    it('for a proxy is refused', async () => {
      await expectRefused({ lines: ['Proxy-Authorization: Basic YTpi'] }, 400, /Proxy-Authorization/);
    });

    it('in the URL is refused, and not recorded in the event', async () => {
      const { event } = await expectRefused(
        { target: `/clusters/dev/api?access_token=${alice()}` },
        400,
        /address contains a token/,
      );
      expect(JSON.stringify(event)).not.toContain(alice());
    });

    it('with another case of the scheme is accepted', async () => {
      const { request } = await expectAccepted({ authorization: `bEaReR ${alice()}` });
      expectAlice(request);
    });
  });

  describe('A11: a token among the WebSocket subprotocols', () => {
    const refused: [string, () => Attack, number][] = [
      [
        'and another one',
        () => offer(`${protocol(alice())}, ${protocol(attackFixture().tokens.bob)}, v5.channel.k8s.io`),
        400,
      ],
      ['twice', () => offer(`${protocol(alice())}, ${protocol(alice())}, v5.channel.k8s.io`), 400],
      ['alone', () => offer(protocol(alice())), 400],
      ['with an empty subprotocol', () => offer(`${protocol(alice())}, `), 400],
      ['that is not base64url', () => offer(`base64url.bearer.authorization.k8s.io.***, v5.channel.k8s.io`), 400],
      ['that is padded', () => offer(`base64url.bearer.authorization.k8s.io.YQ==, v5.channel.k8s.io`), 400],
      ['that is empty', () => offer('base64url.bearer.authorization.k8s.io., v5.channel.k8s.io'), 400],
      [
        'with a line break in it',
        () => offer(`${protocol('spt_x\r\nImpersonate-User: root')}, v5.channel.k8s.io`),
        400,
      ],
      [
        'in another case',
        () =>
          offer(`BASE64URL.BEARER.AUTHORIZATION.K8S.IO.${protocol('spt_wrong').split('.').at(-1)}, v5.channel.k8s.io`),
        401,
      ],
      [
        'on a second line',
        () => ({
          ...offer(`${protocol(alice())}, v5.channel.k8s.io`),
          lines: [
            ...webSocket,
            `Sec-WebSocket-Protocol: ${protocol(alice())}`,
            `Sec-WebSocket-Protocol: ${protocol(attackFixture().tokens.bob)}`,
          ],
        }),
        400,
      ],
      [
        'and another in Authorization',
        () => ({
          ...offer(`${protocol(attackFixture().tokens.bob)}, v5.channel.k8s.io`),
          authorization: `Bearer ${alice()}`,
        }),
        400,
      ],
      [
        'of a request that is not a handshake',
        () => ({
          authorization: undefined,
          lines: [`Sec-WebSocket-Protocol: ${protocol(alice())}, v5.channel.k8s.io`],
        }),
        401,
      ],
      [
        'of an upgrade to SPDY',
        () => ({
          method: 'POST',
          target: exec,
          authorization: undefined,
          lines: [
            'Connection: Upgrade',
            'Upgrade: SPDY/3.1',
            `Sec-WebSocket-Protocol: ${protocol(alice())}, v5.channel.k8s.io`,
          ],
        }),
        401,
      ],
    ];
    it.each(refused)('%s is refused', async (_what, attack, code) => {
      await expectRefused(attack(), code);
    });

    it('is removed before the handshake is forwarded', async () => {
      const { request } = await expectAccepted(offer(`${protocol(alice())}, v5.channel.k8s.io`), 101);
      expectAlice(request);
      expect(request.header('sec-websocket-protocol')).toEqual(['v5.channel.k8s.io']);
      expect(request.connection.bytes().toString('latin1')).not.toContain('base64url.bearer');
    });
  });
}
