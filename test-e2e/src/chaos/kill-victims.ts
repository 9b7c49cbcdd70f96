import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import type { ServerHandle } from '@sallyport/bed';
import type { ResilienceRig } from '../resilience/resilience-fixture.ts';

/** What is killed without warning and started again. */
export const victims = ['proxy 1', 'proxy 2', 'audit', 'Kafka', 'PostgreSQL'] as const;
export type Victim = (typeof victims)[number];

/** Kills a process as the kernel does when memory runs out, leaves it down for a while, and starts it again. */
export async function kill(victim: Victim, rig: ResilienceRig, downMs: number): Promise<void> {
  const { bed, gateway } = rig;
  if (victim === 'Kafka') return killServer(bed.kafka, downMs);
  if (victim === 'PostgreSQL') return killServer(bed.postgres!, downMs);
  const name = victim === 'audit' ? 'audit' : 'proxy';
  const processes = victim === 'proxy 2' ? gateway.moreProxies[0]!.processes : gateway.processes!;
  await processes.stop(name, 'SIGKILL');
  await pause(downMs);
  await processes.start(name);
}

async function killServer(server: ServerHandle, downMs: number): Promise<void> {
  process.kill(server.pid()!, 'SIGKILL');
  await server.pause();
  await pause(downMs);
  await resumeServer(server);
}

/** Starts a server again, and once more if it did not come up. */
export async function resumeServer(server: ServerHandle): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await server.resume();
    } catch (error) {
      // Until the last child of PostgreSQL has ended, its shared memory is in use.
      if (tries === 20) throw error;
      await pause(250);
    }
  }
}
