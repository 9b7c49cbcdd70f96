import type { ElevationView } from '@sallyport/contracts/answers';
import type { OpenGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal, shellWord } from '../terminal/for-terminal.ts';
import { readElevation } from './call-elevations.ts';
import { describeState } from './describe-elevation.ts';

const everyMs = 2000;
/** How long the gateway may be away before the wait is given up, in milliseconds. */
const patienceMs = 120_000;

const waits = ({ state }: ElevationView) => state === 'pending' || state === 'approved';

/**
 * Waits until an elevation is decided and has begun, and says on standard error what happens. Ctrl-C ends only the wait:
 * the request stays open, and `again` is the command that follows it again.
 */
export async function waitForElevation(
  gateway: OpenGateway,
  first: ElevationView,
  again: string,
): Promise<ElevationView> {
  const { environment } = gateway;
  const say = (text: string) => environment.stderr.write(`${forTerminal(text)}\n`);
  const stop = environment.onInterrupt(() =>
    say(
      `\nYour request ${first.id} stays open. To wait for it again, run: ${again}\nTo withdraw it, run: sallyport elevations withdraw ${shellWord(first.id)}`,
    ),
  );
  let current = first;
  let said = '';
  let awaySince: number | undefined;
  try {
    while (waits(current)) {
      const state = describeState(current);
      if (state !== said) say(`${current.name} on ${current.cluster} ${state} (${current.id}).`);
      said = state;
      await environment.sleep(everyMs);
      try {
        current = await readElevation(gateway, current.id);
        awaySince = undefined;
      } catch (error) {
        if (!(error instanceof CliError) || error.exit !== 'unreachable') throw error;
        awaySince ??= environment.now();
        if (environment.now() - awaySince > patienceMs) throw error;
      }
    }
  } finally {
    stop();
  }
  return current;
}
