import { shownRequestSchema, type AuditRow, type ShownRequest } from '@sallyport/contracts/answers';
import { shownText } from '@sallyport/player/shown-text';
import type { ComponentChildren, JSX } from 'preact';
import { queryOf } from '../../gateway/ask-gateway.ts';
import { useAnswer } from '../../gateway/use-answer.ts';
import { Answered, Section, Shown, Time } from '../../parts/shown.tsx';
import { Link } from '../../place/link.tsx';
import { home } from '../../place/use-place.ts';
import { clusterOf, objectOf, ruleOf, textAt } from '../events/event-words.ts';
import { EventList } from './event-list.tsx';

/** Returns the first value that one of the events has. */
const firstOf = (rows: readonly AuditRow[], read: (row: AuditRow) => string): string =>
  rows.map(read).find((value) => value !== '') ?? '';

function Facts({ shown }: { shown: ShownRequest }): JSX.Element {
  const { events } = shown;
  const of = (path: string) => firstOf(events, (row) => textAt(row, path));
  const user = of('user.username');
  const session = of('sallyport.sessionId');
  const recording = of('sallyport.recording.id');
  const last = events.findLast(({ result }) => result != null);
  const facts: [string, ComponentChildren][] = [
    [
      'User',
      user === '' ? (
        'not logged in'
      ) : (
        <Link to={`${home}/trail${queryOf({ user })}`}>
          <Shown text={user} />
        </Link>
      ),
    ],
    ['Acts as', of('impersonatedUser.username')],
    ['Agent', of('sallyport.agent.name')],
    ['Workload', of('sallyport.workload.name')],
    ['From', of('sallyport.clientAddress')],
    ['Program', of('userAgent')],
    ['Where', firstOf(events, clusterOf)],
    ['What', `${of('verb')} ${firstOf(events, objectOf)}`],
    ['Decision', [of('sallyport.decision.effect'), firstOf(events, ruleOf)].filter(Boolean).join(' by ')],
    ['Reasons', of('sallyport.decision.reasons')],
    [
      'Shadow policy',
      ['effect', 'rule']
        .map((name) => of(`sallyport.decision.shadow.0.${name}`))
        .filter(Boolean)
        .join(' by '),
    ],
    ['Elevation', of('sallyport.elevation.name')],
    ['Result', [last?.result, of('responseStatus.code'), of('responseStatus.message')].filter(Boolean).join(', ')],
    [
      'Session',
      session === '' ? (
        ''
      ) : (
        <Link to={`${home}/trail${queryOf({ session, order: 'oldest' })}`}>{session.slice(0, 8)}</Link>
      ),
    ],
    [
      'Recording',
      recording === '' ? '' : <a href={`/.sallyport/recordings/${encodeURIComponent(recording)}`}>Watch it</a>,
    ],
  ];
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{typeof value === 'string' ? <Shown text={value} most={1024} /> : value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** Events in full, with what is invisible in them made visible. */
function Steps({
  rows,
}: {
  rows: readonly { key: string; time: string; name: string; value: unknown }[];
}): JSX.Element {
  return (
    <ul class="plain steps">
      {rows.map(({ key, time, name, value }) => (
        <li key={key}>
          <details>
            <summary>
              <Time at={time} /> <Shown text={name} />
            </summary>
            <pre tabIndex={0}>
              {JSON.stringify(value, undefined, 2)
                .split('\n')
                .map((line) => shownText(line))
                .join('\n')}
            </pre>
          </details>
        </li>
      ))}
    </ul>
  );
}

const stepOf = (row: AuditRow) => ({
  key: row.id,
  time: row.time,
  name: [row.type, textAt(row, 'stage'), textAt(row, 'responseStatus.code')].filter(Boolean).join(' '),
  value: row,
});

const nothing = () => undefined;

/** One request with everything that belongs to it. */
export function RequestView({ id }: { id: string }): JSX.Element {
  const answer = useAnswer(shownRequestSchema, `/audit/show${queryOf({ id })}`);
  return (
    <Answered answer={answer} what="The request">
      {(shown) => {
        const { events, attempts, session, elevation, clusterEvents, matches } = shown;
        if (matches && matches.length > 1)
          return (
            <Section title="Several begin with these characters" count={matches.length}>
              <EventList events={matches} more={nothing} />
            </Section>
          );
        const parts: [string, readonly AuditRow[]][] = [
          ['Events', events],
          ['The other attempt', attempts],
          ['Session', session],
          ['Elevation', elevation],
        ];
        return (
          <>
            <Section title="Request">
              <p class="quiet">
                <code>{id}</code>
              </p>
              <Facts shown={shown} />
            </Section>
            {parts.map(([title, rows]) =>
              rows.length === 0 ? null : (
                <Section key={title} title={title} count={rows.length}>
                  <Steps rows={rows.map(stepOf)} />
                </Section>
              ),
            )}
            <Section title="The cluster's own events" count={clusterEvents.length}>
              {clusterEvents.length === 0 ? (
                <p class="quiet">None. The gateway has them where the cluster sends it its audit log.</p>
              ) : (
                <Steps
                  rows={clusterEvents.map(({ cluster, event }, index) => ({
                    key: String(index),
                    time: event.stageTimestamp,
                    name: cluster,
                    value: event,
                  }))}
                />
              )}
            </Section>
          </>
        );
      }}
    </Answered>
  );
}
