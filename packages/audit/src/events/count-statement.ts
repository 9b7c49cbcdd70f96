import type { AuditSummaryQuery, SummaryFacet } from '@sallyport/contracts';
import { Conditions } from '../database/conditions.ts';
import type { Statement } from '../database/sql-database.ts';
import { blockBits, type Block } from './event-blocks.ts';
import type { OnlyOf } from './event-store.ts';
import { isNotRoutine, termColumns } from './event-terms.ts';
import { addColumns, addTerms, isLast, ofStreams, resultColumn, tablesOf } from './query-conditions.ts';

/** The maximum number of values of a facet that one statement returns. */
const mostValues = 1000;

/** The value of a facet as text. An event may have several reasons, which are a list in JSON. */
const facetValue = (facet: SummaryFacet): string =>
  facet === 'reason' ? 'array_to_json(reasons)::text' : `${termColumns[facet]}::text`;

/** Which events are counted, and how. Times are in RFC 3339, `to` is exclusive. The step is in milliseconds. */
export type Count = { blocks: readonly Block[]; from: string; to: string; step: number };

/**
 * Returns the statement that counts events in the given blocks. A row has the facet and one of its values, or the beginning
 * of a bucket and a result. `total` is that of all values of a facet.
 */
export function countStatement(query: AuditSummaryQuery, only: OnlyOf | undefined, count: Count): Statement {
  const { blocks, from, to, step } = count;
  const { routine, ...filters } = query;
  const conditions = new Conditions();
  const given = conditions.parameter(blocks.map(({ block }) => block));
  const bucket = `date_bin(${conditions.parameter(`${step} milliseconds`)}::interval, time, timestamptz 'epoch')`;
  addColumns(conditions, query, only);
  conditions.add(`time + interval '0' >=`, from);
  conditions.add(`time + interval '0' <`, to);
  if (query.result !== undefined) conditions.add(`${resultColumn} =`, query.result);
  if (query.view === 'requests') conditions.addPlain(`not ${ofStreams} and ${isLast}`);
  if (routine === 'omit') conditions.addPlain(isNotRoutine);
  const indexed = addTerms(conditions, filters, only);
  if (!indexed)
    conditions.addPlain(`ingest >= (given.block << ${blockBits}) and ingest < ((given.block + 1) << ${blockBits})`);
  const names = query.facets.map((facet) => ({ facet, column: `of_${facet}` }));
  const columns = names.map(({ facet, column }) => `, ${facetValue(facet)} as ${column}`).join('');
  const matching = tablesOf(blocks)
    .map(
      (table) =>
        `(select ${bucket} as bucket, ${resultColumn} as result${columns} from ${table}${conditions.where}${indexed ? ' offset 0' : ''})`,
    )
    .join(' union all ');
  const ofColumns = names.map(({ column }) => column);
  const value = ofColumns.length === 0 ? 'null' : `coalesce(${ofColumns.join(', ')}, null)`;
  const facet = names.map(({ facet: name, column }) => ` when grouping(${column}) = 0 then '${name}'`).join('');
  const counted = `select case when grouping(bucket) = 0 then 'bucket'${facet} end as facet, bucket, result, ${value} as value,
    count(*) as events from unnest(${given}::bigint[]) as given (block) cross join lateral (${matching}) as matching
    group by grouping sets ((bucket, result)${ofColumns.map((column) => `, (${column})`).join('')})`;
  return {
    sql: `select facet, (extract(epoch from bucket) * 1000)::bigint::text as bucket, result, value, events::text, total::text from (
      select *, row_number() over of_facet as place, sum(events) over (partition by facet) as total from (${counted}) as counted
      where facet = 'bucket' or value is not null window of_facet as (partition by facet order by events desc)
    ) as placed where facet = 'bucket' or place <= ${mostValues}`,
    values: conditions.values,
  };
}
