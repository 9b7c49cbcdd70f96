import {
  describeReply,
  held,
  hole,
  review,
  type AttackRow,
  type Attempt,
  type Attacker,
  type Probe,
  type Verdict,
} from '../probe/probe.ts';
import type { RawReply } from '../wire/raw-reply.ts';

/** Longer than a gateway lets a handshake last, in milliseconds. */
const patienceMs = 13_000;

/** What a connector sends first. It needs no credential: its key proves it, later. */
const handshake: Attempt = {
  target: '/.sallyport/connector',
  authorization: null,
  lines: [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    'Sec-WebSocket-Protocol: sallyport.connector.v1',
  ],
};

const connection = (
  what: string,
  goOn: (attacker: Attacker) => Promise<[RawReply, RawReply]>,
  judge: (after: RawReply) => Verdict,
): Probe => ({
  what,
  async run(attacker) {
    const first = await attacker.send(handshake);
    if (first.status !== 101) return held(`it takes no connectors: ${describeReply(first)}`);
    const [, after] = await goOn(attacker);
    return judge(after);
  },
});

const halfOpen: AttackRow = {
  row: 'C04',
  attack: 'connections of connectors that prove no key',
  probes: [
    connection(
      'a handshake that goes no further',
      ({ sendAndWait }) => sendAndWait(handshake, patienceMs),
      ({ closed }) => (closed ? held('the connection was closed') : hole('the connection stays open')),
    ),
    connection(
      'a request in place of a handshake',
      ({ sendTwo }) => sendTwo(handshake, review()),
      (after) => (after.status === 0 && after.closed ? held('the connection was closed') : hole(describeReply(after))),
    ),
  ],
};

export const connectorRows: readonly AttackRow[] = [halfOpen];
