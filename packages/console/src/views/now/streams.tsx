import type { SessionRow, StreamList, StreamRow } from '@sallyport/contracts/answers';
import { readableBytes } from '@sallyport/player/shown-text';
import type { JSX } from 'preact';
import type { Gateway } from '../../gateway/ask-gateway.ts';
import { ActButton, type Act } from '../../parts/act.tsx';
import { Note, Section, Shown, Time } from '../../parts/shown.tsx';
import { Rows, type Column } from '../../parts/rows.tsx';
import { home } from '../../place/use-place.ts';
import { Link } from '../../place/link.tsx';
import { targetOf, userOf, whereOf } from './words.ts';

type Done = () => Promise<unknown>;

/** Ends one stream. */
export const endStream = (one: StreamRow, gateway: Gateway, done: Done): Act => ({
  verb: 'End',
  what: `${one.kind} ${targetOf(one)} of ${one.user} on ${whereOf(one)}`,
  tone: 'bad',
  about: <p>It is cut at once. The person can open it again, as long as the policy allows it.</p>,
  run: () => gateway.send('DELETE', `/streams/${encodeURIComponent(one.id)}`),
  done,
});

/** Ends one session, with everything that is open in it. */
export const endSession = (one: SessionRow, gateway: Gateway, done: Done): Act => ({
  verb: 'End',
  what: `the ${one.kind ?? ''} session of ${userOf(one)} from ${one.clientAddress ?? 'an unknown address'}`,
  tone: 'bad',
  about: (
    <p>
      {one.current ? <strong>This is the session of this page. </strong> : null}
      Everything that is open in it ends within a second. The person can log in again.
    </p>
  ),
  run: () => gateway.send('DELETE', `/sessions/${encodeURIComponent(one.id)}`),
  done,
});

type Rowed<T> = { rows: readonly T[]; acts: ReadonlyMap<string, readonly Act[]> };

const actsOf = (acts: ReadonlyMap<string, readonly Act[]>, id: string) =>
  (acts.get(id) ?? []).map((act) => <ActButton key={act.verb} act={act} />);

/** The open streams of all replicas. */
export function Streams({ list, rows, acts }: Rowed<StreamRow> & { list: StreamList }): JSX.Element {
  const columns: Column<StreamRow>[] = [
    { name: 'User', cell: ({ user }) => <Shown text={user} />, lead: true },
    { name: 'Kind', cell: ({ kind }) => <Shown text={kind} /> },
    { name: 'Where', cell: (one) => <Shown text={whereOf(one)} /> },
    { name: 'What', cell: (one) => <Shown text={targetOf(one)} />, wide: true },
    { name: 'Since', cell: ({ since }) => <Time at={since} /> },
    {
      name: 'In / out',
      cell: ({ bytesIn, bytesOut }) => (
        <span class="size">{`${readableBytes(bytesIn)} / ${readableBytes(bytesOut)}`}</span>
      ),
    },
    { name: 'From', cell: ({ clientAddress }) => <Shown text={clientAddress} /> },
    {
      name: 'Trail',
      cell: ({ auditId }) => (
        <Link to={`${home}/trail/${encodeURIComponent(auditId)}`} label={`Trail of ${auditId}`}>
          {auditId.slice(0, 8)}
        </Link>
      ),
    },
    { name: '', cell: ({ id }) => actsOf(acts, id) },
  ];
  return (
    <Section title="Open streams" count={rows.length}>
      {list.missing.length > 0 ? (
        <Note>
          The list is incomplete: <Shown text={list.missing.join(', ')} /> did not answer.
        </Note>
      ) : null}
      {list.omitted > 0 ? <Note>{list.omitted} more streams do not fit into one list. End or filter some.</Note> : null}
      <Rows
        rows={rows}
        columns={columns}
        keyOf={({ id }) => id}
        none="Nothing is open: no exec, port-forward, followed log or watch."
        label="Open streams"
      />
    </Section>
  );
}

/** Who is logged in. */
export function Sessions({ rows, acts }: Rowed<SessionRow>): JSX.Element {
  const columns: Column<SessionRow>[] = [
    {
      name: 'User',
      cell: (one) => (
        <>
          <Shown text={userOf(one)} />
          {one.current ? <span class="state">this page</span> : null}
        </>
      ),
      lead: true,
    },
    { name: 'Kind', cell: ({ kind }) => <Shown text={kind ?? ''} /> },
    { name: 'Program', cell: ({ userAgent }) => <Shown text={userAgent ?? ''} most={60} />, wide: true },
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
    { name: '', cell: ({ id }) => actsOf(acts, id) },
  ];
  return (
    <Section title="Sessions" count={rows.length}>
      <Rows rows={rows} columns={columns} keyOf={({ id }) => id} none="No session is listed." label="Sessions" />
    </Section>
  );
}
