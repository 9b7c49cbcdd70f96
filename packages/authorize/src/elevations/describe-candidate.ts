import { lackingWords, type Elevation } from '@sallyport/contracts';
import { approverSetProgress, tighten } from '@sallyport/elevation';
import { waitingFor, type Candidate } from './find-candidates.ts';

const suggestedMs = 30 * 60_000;

/** Returns the command that asks for an elevation. */
function commandOf({ rules, place }: Candidate): string {
  const { name, maxDuration, reason, ticket } = rules.entry;
  const minutes = Math.min(suggestedMs, maxDuration) / 60_000;
  return [
    `sallyport elevate ${name} --cluster ${place.cluster}`,
    ...(place.namespace === undefined ? [] : [`--namespace ${place.namespace}`]),
    `--for ${minutes >= 1 ? `${Math.floor(minutes)}m` : `${Math.floor(minutes * 60)}s`}`,
    ...(reason === 'required' ? ['--reason "..."'] : []),
    ...(ticket === 'required' || (typeof ticket === 'object' && ticket.required) ? ['--ticket ...'] : []),
  ].join(' ');
}

/** Says what a request that was made already is waiting for. */
function describeWaiting(elevation: Elevation, now: number): string {
  const { id, name, state, approvals, approvalsNeeded, startsAt } = elevation;
  const show = `To see it, run: sallyport elevations show ${id}`;
  const lacking = lackingWords({ ...elevation, approverSets: approverSetProgress(elevation) });
  const more = lacking === '' ? '' : `, needs ${lacking}`;
  if (state === 'pending')
    return `Your request for ${name} is waiting for approval (${approvals.length} of ${approvalsNeeded}${more}). ${show}`;
  const until =
    startsAt !== undefined && startsAt > now ? `begins at ${new Date(startsAt).toISOString()}` : 'begins soon';
  return `Your request for ${name} is approved and ${until}. ${show}`;
}

/** Says in a sentence what the caller can do to have an elevation. `waiting` are their requests that are not active yet. */
export function describeCandidate(candidate: Candidate, waiting: readonly Elevation[], now: number): string {
  const asked = waitingFor(candidate, waiting);
  return asked
    ? describeWaiting(tighten(asked, candidate.rules.terms), now)
    : `To ask for the right to it, run: ${commandOf(candidate)}`;
}
