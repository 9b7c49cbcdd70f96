import type { ProducerSummary, TrailFault, TrailPlace, TrailReport } from '@sallyport/audit-proof';
import type { Environment } from '../../environment/environment.ts';
import { forTerminal } from '../../terminal/for-terminal.ts';
import { renderTable, type Column, type ListOptions } from '../../terminal/table.ts';

const many = (count: number, one: string, several = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : several}`;

/** Without keys, no event is attested, so that column would be empty. */
const columnsOf = ({ checkpoints }: TrailReport): Column<ProducerSummary>[] => [
  { name: 'PRODUCER', cell: ({ producer }) => producer, shrinks: true },
  { name: 'EVENTS', cell: ({ events }) => String(events) },
  { name: 'FIRST', cell: ({ first }) => String(first ?? '') },
  { name: 'LAST', cell: ({ last }) => String(last ?? '') },
  ...(checkpoints.checked
    ? [
        {
          name: 'ATTESTED',
          cell: ({ attested }: ProducerSummary) => (attested === undefined ? '' : `up to ${attested}`),
        },
      ]
    : []),
  { name: 'HASH ONLY', cell: ({ hashOnly }) => String(hashOnly), wide: true },
  { name: 'REPEATED', cell: ({ repeated }) => String(repeated), wide: true },
  { name: 'ENDED', cell: ({ closed }) => (closed ? 'yes' : 'no') },
];

const show = ({ source, position }: TrailPlace): string => `${source}:${position}`;

/** Returns a producer that is safe to split at blanks, because it comes from what is verified. */
const nameOf = (producer = '-'): string => (/^[\w./:@-]+$/.test(producer) ? producer : JSON.stringify(producer));

/**
 * Describes a fault: a line for scripts, in which what is not known is `-`, and one for people that says which event it
 * is, where, and what is wrong.
 */
function describeFault(fault: TrailFault): string {
  const { kind, producer, seq, id, place, detail, before, after, announced, checkpoint } = fault;
  const near = [before && `after ${before.seq}`, after && `before ${after.seq}`].flatMap((text, index) => {
    const one = index === 0 ? before : after;
    return text === undefined || one === undefined
      ? []
      : [`${text}${one.id === undefined ? '' : ` (${one.id})`}${one.place ? ` at ${show(one.place)}` : ''}`];
  });
  const words = [
    ...(id === undefined ? [] : [id]),
    ...(checkpoint === undefined ? [] : [`checkpoint ${checkpoint}`]),
    ...(place ? [`at ${show(place)}`] : []),
    detail,
    ...(kind === 'altered' || near.length === 0 ? [] : [near.join(', ')]),
    ...(announced === undefined ? [] : [`announced: ${announced}`]),
  ].join('; ');
  return `${forTerminal(`fault: ${kind} producer=${nameOf(producer)} seq=${seq ?? '-'}`)}\n  ${forTerminal(words)}\n`;
}

function describeCheckpoints({ checkpoints, unattested }: TrailReport): string {
  const { checked, count, first, last } = checkpoints;
  if (!checked) return `Checkpoints: ${count}, not checked. Without --keys, only the chains are checked.`;
  if (!first || !last) return 'Checkpoints: none.';
  return `Checkpoints: ${count}, from number ${first.number} (${first.time}) to number ${last.number} (${last.time}). ${many(unattested, 'event')} after it ${unattested === 1 ? 'is' : 'are'} not attested yet.`;
}

/** Says how many events there are, and how many of them are not what was written. */
function describeEvents({ events, damaged, producers, earliest, latest }: TrailReport): string {
  const period = earliest === undefined ? '' : `, from ${earliest} to ${latest ?? ''}`;
  const all = `${many(events + damaged, 'event')} of ${many(producers.length, 'producer')}${period}.`;
  if (damaged === 0) return all;
  return `${all} ${damaged} of them ${damaged === 1 ? 'is' : 'are'} damaged, and not counted in the table.`;
}

/** Describes what was verified, after the faults: their end is what a person sees first on a terminal. */
export function describeTrail(environment: Environment, report: TrailReport, options: ListOptions): string {
  const { producers, unchained, hashOnly, repeated, faults, faultCount } = report;
  const lines = [
    describeEvents(report),
    ...(repeated > 0 ? [`${many(repeated, 'event')} were delivered more than once, with the same content.`] : []),
    ...(unchained > 0
      ? [`${many(unchained, 'event')} ${unchained === 1 ? 'has' : 'have'} no place in a chain. Nothing proves them.`]
      : []),
    ...(hashOnly > 0
      ? [
          `Of ${many(hashOnly, 'event')}, only the hash is kept. That they were repeated requests of anonymous callers, only the topic shows (--compare-topic).`,
        ]
      : []),
    describeCheckpoints(report),
  ];
  const columns = columnsOf(report);
  const table = producers.length === 0 ? '' : `${renderTable(environment, { rows: producers, columns }, options)}\n`;
  const found = [
    ...faults.map(describeFault),
    ...(faults.length < faultCount ? [`... and ${faultCount - faults.length} more\n`] : []),
  ];
  const sum = faultCount === 0 ? 'No fault was found.' : `${many(faultCount, 'fault')}.`;
  return `${found.join('')}${found.length === 0 ? '' : '\n'}${table}${lines.map(forTerminal).join('\n')}\n\n${sum}\n`;
}
