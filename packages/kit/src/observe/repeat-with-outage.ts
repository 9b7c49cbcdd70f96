import { createRepeater, type Repeater } from '../time/create-repeater.ts';
import type { Logger } from './create-logger.ts';
import { createWarnOnce } from './warn-once.ts';

/** Creates work that runs again and again, and logs once that it fails, and once that it succeeds again. */
export function createRepeaterWithOutage(deps: {
  run(): Promise<unknown>;
  pauseMs: number;
  random: () => number;
  logger: Logger;
  failed: string;
  recovered: string;
}): Repeater {
  const outage = createWarnOnce(deps.logger, deps);
  return createRepeater({
    ...deps,
    run: () => deps.run().then(outage.recovered, (error: unknown) => outage.failed({ err: error })),
  });
}
