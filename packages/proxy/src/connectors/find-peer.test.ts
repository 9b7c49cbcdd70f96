import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createFindPeer, type Peers } from './find-peer.ts';

const replica = (address: string, connector = 'far') => ({ id: address, address, carriers: [{ connector }] });
let reports: () => Promise<ReturnType<typeof replica>[]>;
let asked: number;
let connected: Set<string>;
let peer: ReturnType<typeof createFindPeer>;

beforeEach(() => {
  asked = 0;
  connected = new Set();
  reports = async () => [replica('10.0.0.1:1'), replica('10.0.0.2:1', 'other')];
  jest.useFakeTimers();
  peer = createFindPeer({
    find() {
      asked += 1;
      return reports();
    },
    dialer: {
      isOpen: (addresses: readonly string[]) => addresses.some((one) => connected.has(one)),
      async open(addresses: readonly string[]) {
        if (addresses.length === 0) throw new Error('there is none');
        for (const one of addresses) connected.add(one);
      },
    },
  } as unknown as Peers);
});

afterEach(() => void jest.useRealTimers());

describe('the search for a replica with a connector', () => {
  it('connects to one that reports it, and does not search for each request', async () => {
    expect(await Promise.all([peer.find('far'), peer.find('nowhere')])).toEqual([true, false]);
    expect(peer.addressesOf('far')).toEqual(['10.0.0.1:1']);
    for (let times = 0; times < 10; times += 1) expect(await peer.find('far')).toBe(true);
    expect(asked).toBe(2);
  });

  it.each<[string, () => Promise<never[]>]>([
    ['is away', () => Promise.reject(new Error('away'))],
    ['does not respond', () => new Promise(() => {})],
    ['has just started', () => Promise.resolve([])],
  ])('goes on with the one in use while authorize %s, and searches once', async (_what, report) => {
    await peer.find('far');
    reports = report;
    jest.advanceTimersByTime(6000);
    expect(await Promise.all([peer.find('far'), peer.find('far')])).toEqual([true, true]);
    await Promise.resolve();
    expect([asked, peer.addressesOf('far')]).toEqual([2, ['10.0.0.1:1']]);
  });

  it('begins again when the one in use has lost the connector, or is gone', async () => {
    await peer.find('far');
    reports = async () => [replica('10.0.0.3:1')];
    peer.forget('far');
    expect([await peer.find('far'), peer.addressesOf('far')]).toEqual([true, ['10.0.0.3:1']]);
    connected.clear();
    reports = () => Promise.reject(new Error('away'));
    expect(await peer.find('far')).toBe(false);
  });
});
