import type { AuditSummary } from '@sallyport/contracts/answers';
import type { JSX } from 'preact';
import { Shown } from '../../parts/shown.tsx';
import { usePlace } from '../../place/use-place.ts';
import { allFilters } from './trail-query.ts';

const most = 6;

/** The most frequent values. A click filters by one, or not any more. */
export function Facets({ facets }: { facets: AuditSummary['facets'] }): JSX.Element {
  const { query, change } = usePlace();
  return (
    <aside class="facets" aria-label="Most frequent values">
      {Object.entries(facets)
        .filter(([, { values }]) => values.length > 0)
        .map(([name, { values, others }]) => {
          const chosen = query.get(name);
          const left = others + values.slice(most).reduce((sum, { events }) => sum + events, 0);
          return (
            <div key={name}>
              <h2>{allFilters.find((one) => one.name === name)?.label ?? name}</h2>
              <ul class="plain">
                {values.slice(0, most).map(({ value, events }) => (
                  <li key={value}>
                    <button
                      type="button"
                      class="facet"
                      aria-pressed={chosen === value}
                      onClick={() => change({ [name]: chosen === value ? undefined : value })}
                    >
                      <Shown text={value} most={60} />
                      <span class="count">{events.toLocaleString()}</span>
                    </button>
                  </li>
                ))}
                {left > 0 ? <li class="quiet">others: {left.toLocaleString()}</li> : null}
              </ul>
            </div>
          );
        })}
    </aside>
  );
}
