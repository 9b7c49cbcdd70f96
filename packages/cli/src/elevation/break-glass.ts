import type { ElevationView } from '@sallyport/contracts/answers';
import type { Environment } from '../environment/environment.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { createPaint } from '../terminal/paint.ts';
import { readableTime } from '../terminal/times.ts';
import { placeOf } from './describe-elevation.ts';

const listOf = (names: readonly string[]) => names.join(' or ');

/** Says who must review an elevation, and by when. */
function reviewLine({ review }: ElevationView): string {
  if (!review) return 'Everything you do is recorded.';
  const { groups, dueAt, done } = review;
  if (done) return `Everything you do is recorded. ${done.user} has reviewed it.`;
  const who = groups === undefined || groups.length === 0 ? 'Someone else' : `Someone of ${listOf(groups)}`;
  const when = dueAt === undefined ? '' : ` by ${readableTime(dueAt)}`;
  return `Everything you do is recorded. ${who} must review it${when}.`;
}

/** Warns on standard error of each break-glass of the user that is active. Programs read the same in their output. */
export function warnOfBreakGlass(environment: Environment, elevations: readonly ElevationView[]): void {
  const paint = createPaint(environment, 'stderr');
  for (const one of elevations) {
    if (one.breakGlass !== true || !one.mine || one.state !== 'active') continue;
    const first = `BREAK-GLASS: ${one.name} on ${placeOf(one)} is active until ${readableTime(one.expiresAt)}.`;
    environment.stderr.write(
      `${paint(forTerminal(first), 'bad')}\n${paint(forTerminal(reviewLine(one)), 'warning')}\n`,
    );
  }
}

/** Reminds on standard error of the elevations that the user has to review. */
export function remindOfReviews(environment: Environment, elevations: readonly ElevationView[]): void {
  const waiting = elevations.filter(({ may }) => may.includes('review'));
  if (waiting.length === 0) return;
  const overdue = waiting.filter(({ review }) => review?.overdue === true).length;
  const count = waiting.length === 1 ? '1 elevation waits' : `${waiting.length} elevations wait`;
  const text = `${count} for your review${overdue > 0 ? `, ${overdue} overdue` : ''}. Run: sallyport elevations list --to-review`;
  environment.stderr.write(`${createPaint(environment, 'stderr')(text, 'warning')}\n`);
}
