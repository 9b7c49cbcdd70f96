import { auditPageSchema, auditSummarySchema } from '@sallyport/contracts/answers';
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { useAnswer } from '../../gateway/use-answer.ts';
import { Answered, Note, Time } from '../../parts/shown.tsx';
import { usePlace } from '../../place/use-place.ts';
import { EventList } from './event-list.tsx';
import { Facets } from './facets.tsx';
import { Filters } from './filters.tsx';
import { Histogram } from './histogram.tsx';
import { RequestView } from './request-view.tsx';
import { exportAddress, readSearch, summaryQuery } from './trail-query.ts';
import { useTrail, type Found } from './use-trail.ts';

/** Says whose events were read. */
function Scope({ found: { scope, view } }: { found: Found }): JSX.Element | null {
  if (scope === 'own') return <p class="quiet">You may see only your own events (api.policy.audit).</p>;
  if (scope !== 'clusters') return null;
  return <p class="quiet">You may see your own events and those of {view?.clusters.join(', ') ?? 'some clusters'}.</p>;
}

/** When the trail was last signed, and what proves that it is whole, for readers who see all of it. */
function Proof(): JSX.Element | null {
  const { value } = useAnswer(auditPageSchema, '/audit?type=audit.checkpoint&order=newest&limit=1');
  if (value?.scope !== 'all') return null;
  const [last] = value.events;
  return (
    <p class="quiet">
      {last ? (
        <>
          Last checkpoint: <Time at={last.time} />.
        </>
      ) : (
        'There is no checkpoint yet (audit.checkpoints).'
      )}{' '}
      To prove that the trail is whole, run <code>sallyport audit verify</code>.
    </p>
  );
}

function SearchView(): JSX.Element {
  const { query, change } = usePlace();
  // What is relative to now stays as it is until the reader asks again.
  const [now, setNow] = useState(() => Date.now());
  const search = useMemo(() => readSearch(query, now), [query, now]);
  const order = query.get('order') === 'oldest' ? 'oldest' : 'newest';
  const trail = useTrail(search, order);
  const summary = useAnswer(auditSummarySchema, `/audit/summary${summaryQuery(search)}`);
  const { value: counted } = summary;
  const other = order === 'newest' ? 'oldest' : undefined;
  return (
    <>
      <Filters search={search} facets={counted?.facets} />
      {/* An older gateway does not count. The list is whole without. */}
      {summary.fault?.status === 404 ? null : (
        <Answered answer={summary} what="The counts">
          {(value) => (
            <>
              <Histogram
                summary={value}
                choose={(since, until) =>
                  change({
                    since: new Date(since).toISOString(),
                    until: new Date(until).toISOString(),
                    range: undefined,
                  })
                }
              />
              {value.countedFrom == null ? null : (
                <Note>
                  There is too much to count in time. The counts begin at <Time at={value.countedFrom} />.
                  {value.earlier ? ' The pale bars before it are the requests to clusters, by the hour.' : ''}
                </Note>
              )}
            </>
          )}
        </Answered>
      )}
      <div class="bar">
        <strong>{counted ? `${counted.events.toLocaleString()} found` : ''}</strong>
        <button type="button" class="small" onClick={() => setNow(Date.now())}>
          Search again
        </button>
        <button type="button" class="small" onClick={() => change({ order: other })}>
          {order === 'newest' ? 'Newest first' : 'Oldest first'}
        </button>
        <span>
          Export:{' '}
          <a href={exportAddress(search, 'csv')} download="trail.csv">
            CSV
          </a>{' '}
          <a href={exportAddress(search, 'ndjson')} download="trail.ndjson">
            NDJSON
          </a>
        </span>
      </div>
      <div class={counted ? 'trail' : undefined}>
        {counted ? <Facets facets={counted.facets} /> : null}
        <div>
          <Proof />
          <Answered answer={trail} what="The events">
            {(found) => (
              <>
                <Scope found={found} />
                {found.events.length === 0 ? (
                  <p class="quiet">Nothing was found. Choose a longer time, or clear filters.</p>
                ) : (
                  <EventList events={found.events} more={trail.more} />
                )}
              </>
            )}
          </Answered>
        </div>
      </div>
    </>
  );
}

/** What has happened: a search, or one request in full. */
export function TrailView(): JSX.Element {
  const { item } = usePlace();
  return item === undefined ? <SearchView /> : <RequestView key={item} id={item} />;
}
