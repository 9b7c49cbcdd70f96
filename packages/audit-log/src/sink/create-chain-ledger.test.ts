import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@sallyport/kit';
import { createChainLedger } from './create-chain-ledger.ts';

const logger = createLogger({ service: 'proxy', level: 'silent' });
function createSpool(state?: unknown) {
  const spool = {
    state,
    acknowledged: 0,
    lastAppended: 0,
    saveState: async (saved: unknown) => void (spool.state = JSON.parse(JSON.stringify(saved))),
  };
  return spool;
}
const lost = (from: number, to: number) => ({ from, to, reason: 'r' });

describe('the ledger of a spool', () => {
  it('knows the events of several chains, also in the next process', () => {
    const spool = createSpool();
    createChainLedger({ spool, logger }).begin('a', 1);
    spool.lastAppended = 10;
    createChainLedger({ spool, logger }).begin('a', 11);
    const next = createChainLedger({ spool, logger });
    next.begin('b', 1);
    spool.lastAppended = 15;
    const expected = [
      { producer: 'a', from: 9, to: 10, reason: 'r' },
      { producer: 'b', from: 1, to: 3, reason: 'r' },
    ];
    expect(next.find(lost(9, 13))).toEqual(expected);
    expect(createChainLedger({ spool, logger }).find(lost(9, 13))).toEqual(expected);
  });

  it('keeps one line per chain, and forgets chains that are delivered', () => {
    const spool = createSpool();
    for (const producer of ['a', 'b', 'c']) {
      createChainLedger({ spool, logger }).begin(producer, 1);
      spool.lastAppended += 10;
      createChainLedger({ spool, logger }).begin(producer, 11);
    }
    spool.acknowledged = 20;
    createChainLedger({ spool, logger }).begin('d', 1);
    expect(spool.state).toEqual({
      chains: [
        { producer: 'c', first: 21, last: 30 },
        { producer: 'd', first: 31 },
      ],
    });
  });

  it('goes on after an event that has a number and no position', () => {
    const spool = createSpool();
    const ledger = createChainLedger({ spool, logger });
    ledger.begin('a', 1);
    spool.lastAppended = 5;
    ledger.begin('a', 7);
    spool.lastAppended = 8;
    expect(ledger.find(lost(5, 7))).toEqual([
      { producer: 'a', from: 5, to: 5, reason: 'r' },
      { producer: 'a', from: 7, to: 8, reason: 'r' },
    ]);
  });

  it.each([null, 'x', { chains: {} }, { chains: [null, { producer: 1 }, { producer: 'a', first: 'b' }] }])(
    'names nothing if the state of the spool is something else: %j',
    (state) => expect(createChainLedger({ spool: createSpool(state), logger }).find(lost(1, 5))).toEqual([]),
  );
});
