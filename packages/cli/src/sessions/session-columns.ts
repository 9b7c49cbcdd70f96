import type { SessionRow } from '@sallyport/contracts/answers';
import { sessionUser } from './list-sessions.ts';
import { readableSpan, readableTime } from '../terminal/times.ts';
import type { Column } from '../terminal/table.ts';

/** A session that ends within this time is about to end. */
const soonMs = 15 * 60_000;

/** Returns the columns of a list of sessions. `mine` is the session in use. */
export function sessionColumns(mine: string, now: number): Column<SessionRow>[] {
  const endsSoon = ({ expiresAt }: SessionRow) => expiresAt !== undefined && expiresAt - now < soonMs;
  const until = (session: SessionRow) =>
    `${readableTime(session.expiresAt)}${endsSoon(session) ? ` (in ${readableSpan(session.expiresAt! - now)})` : ''}`;
  return [
    { name: 'SESSION', cell: ({ id }) => (id === mine ? `${id} *` : id), shrinks: true },
    { name: 'USER', cell: sessionUser, shrinks: true },
    { name: 'KIND', cell: ({ kind }) => kind ?? '' },
    { name: 'SINCE', cell: ({ createdAt }) => readableTime(createdAt) },
    { name: 'UNTIL', cell: until, tone: (session) => (endsSoon(session) ? 'warning' : undefined) },
    { name: 'IDLE-UNTIL', cell: ({ idleEndsAt }) => readableTime(idleEndsAt), wide: true },
    { name: 'PROVIDER', cell: ({ provider }) => provider ?? '', wide: true },
    { name: 'FROM', cell: ({ clientAddress }) => clientAddress ?? '' },
    { name: 'PROGRAM', cell: ({ userAgent }) => userAgent ?? '', shrinks: true },
  ];
}
