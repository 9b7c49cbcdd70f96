import { remindOfReviews, warnOfBreakGlass } from '../elevation/break-glass.ts';
import { isOwnActive } from '../elevation/call-elevations.ts';
import { elevationData } from '../elevation/describe-elevation.ts';
import type { Environment } from '../environment/environment.ts';
import { notLoggedIn } from '../gateway/expect-ok.ts';
import { describeStatus, whatNext } from './describe-status.ts';
import { readStatus } from './read-status.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { writeResult } from '../terminal/output.ts';
import { createPaint } from '../terminal/paint.ts';
import { withTimes } from '../terminal/times.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';

export async function showStatus(environment: Environment, options: GatewayOptions): Promise<void> {
  const found = await readStatus(environment, options);
  const now = environment.now();
  const next = whatNext(found, now);
  const { problems, session, gateways, elevations, ...rest } = found;
  const data = {
    ...rest,
    ...(session === undefined ? {} : { session: withTimes(session, ['since', 'until', 'idleUntil']) }),
    ...(elevations === undefined ? {} : { elevations: elevations.filter(isOwnActive).map(elevationData) }),
    gateways: gateways.map((one) => withTimes(one, ['until'])),
    problems: problems.map(({ message }) => message),
    next,
  };
  await writeResult(environment, options.output, data, () =>
    describeStatus(found, next, now, createPaint(environment)),
  );
  if (options.output === 'text') {
    warnOfBreakGlass(environment, elevations ?? []);
    remindOfReviews(environment, elevations ?? []);
  }
  const [problem] = problems;
  if (found.state === 'logged-in') {
    for (const { message } of problems) environment.stderr.write(`Note: ${forTerminal(message)}\n`);
    return;
  }
  throw problem ?? notLoggedIn(found.gateway!);
}
