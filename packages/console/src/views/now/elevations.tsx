import { auditPageSchema, elevatedRightsSchema, type ElevationView } from '@sallyport/contracts/answers';
import { hourMs } from '@sallyport/contracts/text';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { queryOf, type Gateway } from '../../gateway/ask-gateway.ts';
import { useAnswer } from '../../gateway/use-answer.ts';
import { ActButton, type Act } from '../../parts/act.tsx';
import { Answered, readSpan, Shown, Time } from '../../parts/shown.tsx';
import { home } from '../../place/use-place.ts';
import { Link } from '../../place/link.tsx';
import { objectOf, textAt } from '../events/event-words.ts';
import { neededWords, placeOf } from './words.ts';

/** Returns what the reader can do with an elevation. */
export function stepsOf(view: ElevationView, gateway: Gateway, done: () => Promise<unknown>): Act[] {
  const what = `${view.name} of ${view.user} on ${placeOf(view)}`;
  const step = (name: string, body: object) =>
    gateway.send('POST', `/elevations/${encodeURIComponent(view.id)}/${name}`, body);
  const note = { label: 'Note (optional)', required: false };
  const decide = (name: 'approve' | 'deny' | 'withdraw' | 'revoke', verb: string, more: Partial<Act>): Act => ({
    verb,
    what,
    reason: note,
    run: (reason) => step(name, reason === '' ? {} : { reason }),
    done,
    ...more,
  });
  const review = (verdict: 'justified' | 'unjustified'): Act => ({
    verb: `Call ${verdict}`,
    what,
    tone: verdict === 'justified' ? undefined : 'bad',
    reason: { label: 'What you found', required: true },
    run: (comment) => step('review', { verdict, comment }),
    done,
  });
  const facts = (
    <p>
      <Shown text={view.user} /> gets {view.groups.join(', ')} on <Shown text={placeOf(view)} /> for{' '}
      {readSpan(view.durationMs)}.
    </p>
  );
  const acts: Record<string, Act[]> = {
    approve: [decide('approve', 'Approve', { about: facts })],
    deny: [decide('deny', 'Deny', { tone: 'bad' })],
    withdraw: [decide('withdraw', 'Withdraw', { tone: 'bad' })],
    revoke: [decide('revoke', 'Revoke', { tone: 'bad', about: <p>Streams that need it are cut within a second.</p> })],
    review: [review('justified'), review('unjustified')],
  };
  return view.may.flatMap((name) => acts[name] ?? []);
}

/** What the person has done in the last hour. */
function LastHour({ user }: { user: string }): JSX.Element {
  // One hour from when it was opened, so that it is not read again and again.
  const [since] = useState(() => new Date(Date.now() - hourMs).toISOString());
  const filters = { user, since, view: 'requests', routine: 'omit' };
  const answer = useAnswer(auditPageSchema, `/audit${queryOf({ ...filters, limit: 6 })}`);
  return (
    <Answered answer={answer} what="What the person did">
      {({ events }) =>
        events.length === 0 ? (
          <p class="quiet">Nothing in the last hour that you may see.</p>
        ) : (
          <>
            <ul class="plain">
              {events.slice(0, 5).map((row) => (
                <li key={row.id}>
                  <Time at={row.time} /> <strong>{textAt(row, 'verb')}</strong> <Shown text={objectOf(row)} />{' '}
                  <span class={row.result === 'ok' ? 'quiet' : 'warn'}>{row.result}</span>
                </li>
              ))}
            </ul>
            <p>
              <Link to={`${home}/trail${queryOf({ user, since })}`}>All of the last hour</Link>
            </p>
          </>
        )
      }
    </Answered>
  );
}

/** What the groups allow in the cluster. */
function Rights({ view }: { view: ElevationView }): JSX.Element {
  const answer = useAnswer(elevatedRightsSchema, `/elevations/${encodeURIComponent(view.id)}/rights`);
  return (
    <Answered answer={answer} what="What the groups allow">
      {({ rules, comparedIn, omitted, incomplete }) =>
        rules === undefined ? (
          <p class="quiet">The cluster does not say at the moment what these groups allow.</p>
        ) : (
          <>
            <p class="quiet">
              The roles of the cluster allow them this in namespace <Shown text={comparedIn} />. The policy of the
              gateway still decides about each request.
            </p>
            <ul class="plain columns">
              {rules.map(({ apiGroup, resource, resourceName = '', verbs }) => (
                <li key={`${apiGroup} ${resource} ${resourceName}`}>
                  <strong>
                    <Shown text={apiGroup === '' ? resource : `${resource}.${apiGroup}`} />
                  </strong>{' '}
                  {resourceName === '' ? null : <Shown text={`named ${resourceName} `} />}
                  <Shown text={verbs.join(', ')} />
                </li>
              ))}
            </ul>
            {omitted > 0 || incomplete ? <p class="quiet">There may be more.</p> : null}
          </>
        )
      }
    </Answered>
  );
}

function Timing({ view }: { view: ElevationView }): JSX.Element {
  const { state, pendingUntil, expiresAt, activeFrom, review } = view;
  return (
    <span class="quiet">
      {state === 'pending' ? (
        <>
          {neededWords(view)}, until <Time at={pendingUntil} />
        </>
      ) : null}
      {state === 'approved' ? (
        <>
          begins <Time at={activeFrom} />
        </>
      ) : null}
      {state === 'active' ? (
        <>
          until <Time at={expiresAt} />
        </>
      ) : null}
      {review && !review.done ? (
        <>
          {' '}
          review {review.overdue ? <strong class="warn">overdue</strong> : 'due'} <Time at={review.dueAt} />
        </>
      ) : null}
    </span>
  );
}

/** One elevation with its facts, and what the reader can do. */
export function Elevation({ view, acts }: { view: ElevationView; acts: readonly Act[] }): JSX.Element {
  const [open, setOpen] = useState(false);
  const { user, name, reason, ticket, breakGlass, state, durationMs, groups, approvals, freshLogin } = view;
  const page = `/.sallyport/elevations/${encodeURIComponent(view.id)}`;
  return (
    <li class={breakGlass ? 'card glass' : 'card'}>
      <div class="line">
        <span class={`state ${state}`}>{breakGlass ? `break-glass, ${state}` : state}</span>
        <strong>
          <Shown text={user} />
        </strong>
        <span>
          <Shown text={name} /> on <Shown text={placeOf(view)} />
        </span>
        <Timing view={view} />
        <span class="acts">
          {acts.map((act) => (
            <ActButton key={act.verb} act={act} />
          ))}
        </span>
      </div>
      <p class="why">
        {reason === undefined ? <span class="quiet">No reason was given.</span> : <Shown text={reason} most={1024} />}
      </p>
      {freshLogin ? (
        <p class="quiet">
          To decide, you must log in again. <a href={page}>Do so on its page</a>.
        </p>
      ) : null}
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>Facts</summary>
        <dl>
          <dt>Groups</dt>
          <dd>
            <Shown text={groups.join(', ')} />
          </dd>
          <dt>For</dt>
          <dd>{readSpan(durationMs)}</dd>
          <dt>Ticket</dt>
          <dd>{ticket === undefined ? '–' : <Shown text={ticket} />}</dd>
          <dt>Approved by</dt>
          <dd>{approvals.length === 0 ? '–' : <Shown text={approvals.map((one) => one.user).join(', ')} />}</dd>
        </dl>
        {open && view.may.includes('approve') ? <Rights view={view} /> : null}
        {open ? <LastHour user={user} /> : null}
        <p>
          <a href={page}>Its page</a>
        </p>
      </details>
    </li>
  );
}
