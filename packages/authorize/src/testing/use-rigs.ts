import { afterEach } from '@jest/globals';
import { startRig } from './authorize-rig.ts';

export type Rig = Awaited<ReturnType<typeof startRig>>;

/** Starts rigs in the tests of a file. Each is closed after its test. */
export function useRigs(): (...args: Parameters<typeof startRig>) => Promise<Rig> {
  const open: Rig[] = [];
  afterEach(async () => {
    for (const rig of open.splice(0)) await rig.close();
  });
  return async (...args) => {
    const rig = await startRig(...args);
    open.push(rig);
    return rig;
  };
}
