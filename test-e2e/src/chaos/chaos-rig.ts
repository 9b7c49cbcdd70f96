import { startRig, type ResilienceRig } from '../resilience/resilience-fixture.ts';
import { createClocks, type Clocks } from './set-clock.ts';

/** Two gateways whose services have spools, and whose clocks can be set. */
export type ChaosRig = ResilienceRig & { clocks: Clocks };

export async function startChaosRig(): Promise<ChaosRig> {
  const clocks = createClocks();
  const rig = await startRig({
    proxies: 2,
    audit: { spool: { dir: './spool', maxBytes: '64MiB' } },
    environment: clocks.environment,
  });
  return { ...rig, clocks };
}
