import { auditPageSchema } from '@sallyport/contracts/answers';
import { dayMs } from '@sallyport/contracts/text';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { queryOf } from '../../gateway/ask-gateway.ts';
import { useAnswer } from '../../gateway/use-answer.ts';
import { Section, Shown, Time } from '../../parts/shown.tsx';
import { Link } from '../../place/link.tsx';
import { home } from '../../place/use-place.ts';
import { clusterOf, textAt } from '../events/event-words.ts';

/** What the comparison with the logs of clusters has found in the last day. Without findings there is nothing of it. */
export function Alerts(): JSX.Element | null {
  const [since] = useState(() => new Date(Date.now() - dayMs).toISOString());
  const filters = { type: 'audit.alert', since };
  const { value } = useAnswer(auditPageSchema, `/audit${queryOf({ ...filters, limit: 5 })}`);
  if (!value || value.events.length === 0) return null;
  return (
    <Section title="Alerts of the last 24 hours">
      <ul class="plain">
        {value.events.map((row) => (
          <li key={row.id} class="warn">
            <Link to={`${home}/trail/${encodeURIComponent(row.id)}`}>
              <Time at={row.time} />
            </Link>{' '}
            <Shown text={clusterOf(row)} /> <Shown text={textAt(row, 'sallyport.detail') || row.type} />
          </li>
        ))}
      </ul>
      <p>
        <Link to={`${home}/trail${queryOf({ ...filters, stages: 'true' })}`}>All of them</Link>
      </p>
    </Section>
  );
}
