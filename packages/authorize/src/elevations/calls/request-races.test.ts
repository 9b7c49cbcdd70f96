import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryElevationStore, type ElevationStore } from '@sallyport/stores';
import { breakGlass, elevationsConfig, startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

const config = { ...elevationsConfig, elevations: [breakGlass] };
const person = { issuer: 'https://idp.example.com', subject: 'sub-alice@example.com' };

let rig: ElevationRig;
let store: ElevationStore;
let alice: string;
let beforeList: () => void;
beforeEach(async () => {
  let offset = 0;
  const now = () => Date.now() + offset;
  const inner = createMemoryElevationStore({ now });
  beforeList = () => {};
  store = {
    ...inner,
    async open() {
      beforeList();
      const all = await inner.open();
      // Redis takes time to answer too.
      await new Promise((resolve) => setTimeout(resolve, 5));
      return all;
    },
  };
  rig = await startElevationRig({ config, store });
  const { advance } = rig;
  rig.advance = (ms) => {
    offset += ms;
    advance(ms);
  };
  alice = await rig.logInAs('alice', 'developers');
});
afterEach(() => rig.close());

const ask = (namespace = 'dev', token = alice) =>
  rig.elevation(token, {
    action: 'request',
    asked: { name: 'break-glass', cluster: 'prod-eu', namespace, durationMs: 600_000, reason: 'the shop is down' },
  });
const idOf = ({ body }: { body: Record<string, unknown> }) => (body['elevation'] as { id: string } | undefined)?.id;
const active = async () => (await store.latest(200)).filter(({ state }) => state === 'active').length;

describe('requests of one person at the same time', () => {
  it('are one elevation if they are for the same', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask()));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(answers.map(idOf)).size).toBe(1);
    expect(await active()).toBe(1);
    expect((await rig.decide(alice, 'revoke', idOf(answers[0]!)!)).status).toBe(200);
    expect((await rig.tryDelete(alice)).decision.effect).toBe('deny');
  });

  it('do not exceed the limit of open ones', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, (_none, index) => ask(`n${index}`)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(40);
    expect(await active()).toBe(20);
  });

  it('do not hold up those of others', async () => {
    const release = await store.hold(person, 10_000);
    expect((await ask('dev', await rig.logInAs('dana', 'developers'))).status).toBe(200);
    await release!();
  });
});

describe('a request while another replica stores one of the same person', () => {
  it('waits for it', async () => {
    const release = await store.hold(person, 10_000);
    const asked = ask();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await store.latest(10)).toEqual([]);
    await release!();
    expect((await asked).status).toBe(200);
  });

  it('is refused if that takes too long, and stores nothing', async () => {
    await store.hold(person, 10_000);
    const asked = ask();
    await new Promise((resolve) => setTimeout(resolve, 150));
    rig.advance(3001);
    const { status, body } = await asked;
    expect([status, body['code'], body['retryAfterSeconds']]).toEqual([429, 'too-many-requests', 1]);
    expect(await store.latest(10)).toEqual([]);
  });

  it('is possible again a while after that replica has died', async () => {
    await store.hold(person, 10_000);
    rig.advance(10_001);
    expect((await ask()).status).toBe(200);
  });
});

it('a request whose turn may be over by the time of its write is not written', async () => {
  beforeList = () => rig.advance(5001);
  const { status, body } = await ask();
  expect([status, body['code']]).toEqual([503, 'sessions-unavailable']);
  expect(await store.latest(10)).toEqual([]);
  beforeList = () => {};
  expect((await ask()).status).toBe(200);
});
