import { expect, it } from '@jest/globals';
import { createFindPeers } from './find-peers.ts';

const carrier = { connector: 'far', id: 'c', since: 0, version: '1', seen: 0, streams: 0 };
const replica = (id: string, peerAddress: string | undefined, startedAt: number) => ({
  service: 'proxy',
  id,
  host: 'a-host',
  version: '1',
  since: 0,
  startedAt,
  carriers: [carrier],
  ...(peerAddress === undefined ? {} : { peerAddress }),
  restartNeeded: [],
});

const find = (...replicas: object[]) =>
  createFindPeers({
    authorize: { request: async () => ({ body: { replicas } }) as never },
    replica: 'own',
    address: '10.0.0.1:1',
  })().then((found) => found.map(({ id }) => id));

it('finds the other replicas of the gateway', async () => {
  const authorize = { ...replica('authorize', undefined, 1), service: 'authorize' };
  expect(await find(replica('own', '10.0.0.1:1', 1), replica('b', '10.0.0.2:1', 1), authorize)).toEqual(['b']);
});

it('leaves out the report of a replica that was killed, once another has started at its address', async () => {
  const later = replica('later', '10.0.0.2:1', 2);
  const killed = replica('killed', '10.0.0.2:1', 1);
  expect(await find(killed, later)).toEqual(['later']);
  expect(await find(later, killed)).toEqual(['later']);
});

it('leaves out the report of the replica that was killed before it started itself', async () => {
  expect(await find(replica('killed', '10.0.0.1:1', 1), replica('b', '10.0.0.2:1', 1))).toEqual(['b']);
});

it('takes all replicas that have no address for others', async () => {
  expect(await find(replica('b', undefined, 1), replica('c', undefined, 2))).toEqual(['b', 'c']);
});
