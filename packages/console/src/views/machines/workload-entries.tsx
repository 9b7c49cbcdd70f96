import { workloadsSchema, type WorkloadView } from '@sallyport/contracts/answers';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { queryOf } from '../../gateway/ask-gateway.ts';
import { useAnswer } from '../../gateway/use-answer.ts';
import { Rows, type Column } from '../../parts/rows.tsx';
import { Answered, Shown, Time } from '../../parts/shown.tsx';
import { Link } from '../../place/link.tsx';
import { home } from '../../place/use-place.ts';
import { textAt } from '../events/event-words.ts';
import { matchesOf, useLastMatches, type LastMatch } from './use-last-matches.ts';

/** When and for whom an entry last matched. It is asked for once it is seen. */
function Matched({ name, match, ask }: { name: string; match: LastMatch | undefined; ask(name: string): void }) {
  const place = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const observer = new IntersectionObserver((seen) => {
      if (!seen.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      ask(name);
    });
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, [name, ask]);
  return <span ref={place}>{match ? <Match name={name} match={match} ask={ask} /> : '…'}</span>;
}

function Match({ name, match, ask }: { name: string; match: LastMatch; ask(name: string): void }): JSX.Element {
  const { event, seesAll, fault } = match;
  if (fault !== undefined)
    return (
      <>
        <Shown text={fault} />{' '}
        <button type="button" class="small" aria-label={`Ask again about ${name}`} onClick={() => ask(name)}>
          Try again
        </button>
      </>
    );
  if (event)
    return (
      <>
        <Link to={`${home}/trail/${encodeURIComponent(event.id)}`}>
          <Time at={event.time} />
        </Link>{' '}
        by <Shown text={textAt(event, 'user.username')} />
      </>
    );
  return seesAll ? (
    <span class="warn">not in the trail</span>
  ) : (
    <span class="quiet">not in what you may see of the trail</span>
  );
}

const columnsOf = ({ matches, ask }: ReturnType<typeof useLastMatches>): Column<WorkloadView>[] => [
  { name: 'Name', cell: ({ name }) => <Shown text={name} />, lead: true },
  { name: 'User', cell: ({ user }) => <Shown text={user} /> },
  { name: 'Tokens of', cell: ({ source }) => <Shown text={source} />, wide: true },
  { name: 'Groups', cell: ({ groups }) => <Shown text={groups.join(', ')} /> },
  { name: 'Last matched', cell: ({ name }) => <Matched name={name} match={matches.get(name)} ask={ask} /> },
  {
    name: 'Trail',
    cell: ({ name }) => (
      <Link to={`${home}/trail${queryOf({ ...matchesOf(name), range: '30d' })}`} label={`Sessions of ${name}`}>
        sessions
      </Link>
    ),
  },
];

/** The workloads of the configuration, and when each last matched a token. */
export function WorkloadEntries(): JSX.Element {
  const answer = useAnswer(workloadsSchema, '/workloads', 'policy');
  const asked = useLastMatches();
  return (
    <Answered answer={answer} what="The workloads of the configuration">
      {({ workloads }) => (
        <Rows
          rows={workloads}
          columns={columnsOf(asked)}
          keyOf={({ name }) => name}
          none="None is configured."
          label="Workloads of the configuration"
        />
      )}
    </Answered>
  );
}
