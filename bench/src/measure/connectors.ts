import type { Contender, Setup } from '../contenders/contender.ts';
import { connectorContender, startBothWays, titles, ways, type Way } from '../contenders/connector.ts';
import { transfer, type Transfer } from './bulk.ts';
import { measureLoad, type LoadPlan, type LoadResult } from './load.ts';

const directions = ['download', 'upload'] as const;
type Bulk = { way: Way; direction: (typeof directions)[number]; rounds: Transfer[] };

export type ConnectorsResult = {
  load: LoadResult[];
  megabytes: number;
  bulk: Bulk[];
};

export type ConnectorsPlan = { load: LoadPlan; megabytes: number };

/** Measures transfers in turns. The first round is for the compiler. */
async function measureBulk(
  setup: Setup,
  both: Awaited<ReturnType<typeof startBothWays>>,
  { megabytes, rounds }: { megabytes: number; rounds: number },
  log: (text: string) => void,
): Promise<Bulk[]> {
  const all = directions.flatMap((direction) => ways.map((way): Bulk => ({ way, direction, rounds: [] })));
  for (let round = 0; round <= rounds; round += 1)
    for (const one of round % 2 === 0 ? all : all.toReversed()) {
      const { way, direction } = one;
      const found = await transfer(both[way], setup.authority.caPem, { direction, megabytes });
      log(`round ${round}: ${direction} of ${megabytes} MB ${titles[way]}: ${JSON.stringify(found)}`);
      if (round > 0) one.rounds.push(found);
    }
  return all;
}

/** Measures what a connector costs: the same gateway, the same upstream, directly and through a connector, in turns. */
export async function measureConnectors(
  setup: Setup,
  plan: ConnectorsPlan,
  log: (text: string) => void,
): Promise<ConnectorsResult> {
  const both = await startBothWays(setup);
  const shared = ways.map((way): Contender => ({
    ...connectorContender(way),
    start: () => Promise.resolve(both[way]),
  }));
  try {
    const bulk = await measureBulk(setup, both, { megabytes: plan.megabytes, rounds: plan.load.rounds }, log);
    const load = await measureLoad(setup, shared, plan.load, log);
    return { load, megabytes: plan.megabytes, bulk };
  } finally {
    await both.stop();
  }
}
