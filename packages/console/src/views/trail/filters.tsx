import type { AuditSummary } from '@sallyport/contracts/answers';
import type { JSX } from 'preact';
import { usePlace } from '../../place/use-place.ts';
import { allFilters, mainFilters, moreFilters, ranges, usualRange, type Filter, type Search } from './trail-query.ts';

type Facets = AuditSummary['facets'] | undefined;

/** A field of the search. It is searched for when the reader has typed it, not with every character. */
function Field({ filter, facets }: { filter: Filter; facets: Facets }): JSX.Element {
  const { query, change } = usePlace();
  const { name, label, options } = filter;
  const value = query.get(name) ?? '';
  if (options)
    return (
      <label>
        {label}
        <select value={value} onChange={({ currentTarget }) => change({ [name]: currentTarget.value })}>
          <option value="">any</option>
          {options.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
    );
  return (
    <label>
      {label}
      <input
        type="text"
        name={name}
        list={`values-${name}`}
        maxLength={500}
        autocomplete="off"
        spellcheck={false}
        value={value}
        onChange={({ currentTarget }) => change({ [name]: currentTarget.value.trim() })}
      />
      <datalist id={`values-${name}`}>
        {facets?.[name]?.values.map(({ value: one }) => (
          <option key={one} value={one} />
        ))}
      </datalist>
    </label>
  );
}

const toLocal = (iso: string) => {
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};
const fromLocal = (text: string) => {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
};

function Period({ search }: { search: Search }): JSX.Element {
  const { query, change } = usePlace();
  return (
    <label>
      Time
      <select
        value={search.isSet ? 'set' : (query.get('range') ?? usualRange)}
        onChange={({ currentTarget: { value } }) => {
          if (value === 'set') change({ since: search.since, until: search.until, range: undefined });
          else change({ range: value, since: undefined, until: undefined });
        }}
      >
        {Object.entries(ranges).map(([name, { words }]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
        <option value="set">From … until …</option>
      </select>
    </label>
  );
}

function Times({ search }: { search: Search }): JSX.Element {
  const { change } = usePlace();
  const field = (name: 'since' | 'until', label: string) => (
    <label>
      {label}
      <input
        type="datetime-local"
        value={toLocal(search[name])}
        onChange={({ currentTarget }) => change({ [name]: fromLocal(currentTarget.value) })}
      />
    </label>
  );
  return (
    <>
      {field('since', 'From')}
      {field('until', 'Until')}
    </>
  );
}

function Switch({ name, label }: { name: string; label: string }): JSX.Element {
  const { query, change } = usePlace();
  return (
    <label class="switch">
      <input
        type="checkbox"
        checked={query.get(name) === 'true'}
        onChange={({ currentTarget }) => change({ [name]: currentTarget.checked ? 'true' : undefined })}
      />
      {label}
    </label>
  );
}

/** The search: what must match, when, and what is shown. */
export function Filters({ search, facets }: { search: Search; facets: Facets }): JSX.Element {
  const { query, change } = usePlace();
  const isFiltered = allFilters.some(({ name }) => query.has(name));
  const hasMore = moreFilters.some(({ name }) => query.has(name));
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <div class="fields">
        <Period search={search} />
        {search.isSet ? <Times search={search} /> : null}
        {mainFilters.map((filter) => (
          <Field key={filter.name} filter={filter} facets={facets} />
        ))}
      </div>
      <details open={hasMore}>
        <summary>More filters</summary>
        <div class="fields">
          {moreFilters.map((filter) => (
            <Field key={filter.name} filter={filter} facets={facets} />
          ))}
        </div>
        <div class="line">
          <Switch name="stages" label="Every event, not one line for each request" />
          <Switch name="all" label="Also what is routine" />
        </div>
      </details>
      {isFiltered ? (
        <button
          type="button"
          class="small"
          onClick={() => change(Object.fromEntries(allFilters.map(({ name }) => [name, undefined])))}
        >
          Clear the filters
        </button>
      ) : null}
    </form>
  );
}
