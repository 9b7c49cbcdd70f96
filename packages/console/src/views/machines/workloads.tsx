import { sessionsSchema, type SessionRow } from '@sallyport/contracts/answers';
import type { JSX } from 'preact';
import { useAnswer } from '../../gateway/use-answer.ts';
import { useMay } from '../../gateway/use-may.ts';
import { Rows, type Column } from '../../parts/rows.tsx';
import { Answered, Section, Shown, Time } from '../../parts/shown.tsx';
import { Link } from '../../place/link.tsx';
import { home } from '../../place/use-place.ts';
import { WorkloadEntries } from './workload-entries.tsx';

const userOf = ({ user, identity }: SessionRow) => user ?? identity?.user ?? '';

const columns: Column<SessionRow>[] = [
  { name: 'User', cell: (one) => <Shown text={userOf(one)} />, lead: true },
  { name: 'From', cell: ({ clientAddress }) => <Shown text={clientAddress ?? ''} /> },
  { name: 'Since', cell: ({ createdAt }) => <Time at={createdAt} /> },
  { name: 'Ends', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
  {
    name: 'Trail',
    cell: ({ id }) => (
      <Link to={`${home}/trail?session=${encodeURIComponent(id)}`} label={`Trail of the session ${id}`}>
        {id.slice(0, 8)}
      </Link>
    ),
  },
];

/** The sessions of workloads that live. */
function Sessions(): JSX.Element {
  const answer = useAnswer(sessionsSchema, '/sessions?all=true', 'sessions');
  const rows = answer.value?.sessions.filter(({ kind }) => kind === 'workload');
  return (
    <Section title="Sessions of workloads" count={rows?.length}>
      <Answered answer={answer} what="The workloads">
        {() => (
          <Rows
            rows={rows ?? []}
            columns={columns}
            keyOf={({ id }) => id}
            none="None is logged in."
            label="Sessions of workloads"
          />
        )}
      </Answered>
    </Section>
  );
}

/** The workloads of the configuration, and the sessions of those that are logged in. */
export function Workloads(): JSX.Element {
  const [seesEntries, seesSessions] = [useMay('policy'), useMay('sessions')];
  return (
    <>
      {seesEntries ? (
        <Section title="Workloads">
          <WorkloadEntries />
        </Section>
      ) : null}
      {seesSessions ? <Sessions /> : null}
    </>
  );
}
