import type { OpenGateway } from '../gateway/open-gateway.ts';
import { readableSpan } from '../terminal/readable-span.ts';
import { failed, failedBy, ok, warning, type Check } from './check.ts';

const limitMs = 5000;
const mayDifferMs = 30_000;

/** Compares the clocks. The header has whole seconds, and was written between the request and its answer. */
function checkClock(date: string | undefined, from: number, to: number): Check | undefined {
  const there = Date.parse(date ?? '');
  if (Number.isNaN(there)) return undefined;
  const difference = there + 500 - (from + to) / 2;
  const span = readableSpan(Math.abs(difference));
  const words = `this machine is ${span} ${difference > 0 ? 'behind' : 'ahead of'} the gateway`;
  if (Math.abs(difference) <= mayDifferMs) return ok('clock', 'the clocks of this machine and the gateway agree');
  return warning(
    'clock',
    words,
    'Set the clock of this machine (NTP). A wrong clock ends logins too early or too late.',
  );
}

/** Checks that the gateway answers requests, and that its clock is the clock of this machine. */
export async function checkHealth({ client, address, environment }: OpenGateway): Promise<Check[]> {
  const from = environment.now();
  try {
    const { status, headers } = await client.call({ method: 'GET', path: '/healthz', timeoutMs: limitMs });
    const to = environment.now();
    const clock = checkClock(headers.date, from, to);
    const health =
      status === 200
        ? ok('health', `/healthz is ok, in ${readableSpan(to - from)}`)
        : failed(
            'health',
            `${address.origin}/healthz answered ${status}`,
            status >= 500
              ? 'Try again. If this persists, tell the operator of the gateway.'
              : `Check that ${address.origin} is the address of a Sallyport gateway.`,
          );
    return [health, ...(clock === undefined ? [] : [clock])];
  } catch (error) {
    return [failedBy('health', error)];
  }
}
