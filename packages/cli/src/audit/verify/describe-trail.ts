import type { ProducerSummary, TrailFault, TrailPlace, TrailReport } from '@sallyport/audit-proof';
import type { Environment } from '../../environment/environment.ts';
import { forTerminal } from '../../terminal/for-terminal.ts';
import { renderTable, type Column, type ListOptions } from '../../terminal/table.ts';

const many = (count: number, one: string, several = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : several}`;

const columns: Column<ProducerSummary>[] = [
  { name: 'PRODUCER', cell: ({ producer }) => producer, shrinks: true },
  { name: 'EVENTS', cell: ({ events }) => String(events) },
  { name: 'FIRST', cell: ({ first }) => String(first ?? '') },
  { name: 'LAST', cell: ({ last }) => String(last ?? '') },
  { name: 'ATTESTED', cell: ({ attested }) => (attested === undefined ? '' : `up to ${attested}`) },
  { name: 'HASH ONLY', cell: ({ hashOnly }) => String(hashOnly), wide: true },
  { name: 'REPEATED', cell: ({ repeated }) => String(repeated), wide: true },
  { name: 'ENDED', cell: ({ closed }) => (closed ? 'yes' : 'no') },
];

const show = ({ source, position }: TrailPlace): string => `${source}:${position}`;

/** Returns a fault in a line: its kind, the event, what is wrong, and where. */
function describeFault(fault: TrailFault): string {
  const { kind, producer, seq, to, id, place, detail, before, after, announced, checkpoint } = fault;
  const numbers = seq === undefined ? '' : to === undefined ? ` event ${seq}` : ` events ${seq} to ${to}`;
  const near = [before && `after ${before.seq}`, after && `before ${after.seq}`].flatMap((text, index) => {
    const one = index === 0 ? before : after;
    return text === undefined || one === undefined
      ? []
      : [`${text}${one.id === undefined ? '' : ` (${one.id})`}${one.place ? ` at ${show(one.place)}` : ''}`];
  });
  return forTerminal(
    [
      `${kind}: ${producer ?? 'the trail'}${numbers}${id === undefined ? '' : ` (${id})`}`,
      ...(checkpoint === undefined ? [] : [`checkpoint ${checkpoint}`]),
      ...(place ? [`at ${show(place)}`] : []),
      detail,
      ...(kind === 'altered' || near.length === 0 ? [] : [near.join(', ')]),
      ...(announced === undefined ? [] : [`announced: ${announced}`]),
    ].join('; '),
  );
}

function describeCheckpoints({ checkpoints, unattested }: TrailReport): string {
  const { checked, count, first, last } = checkpoints;
  if (!checked) return `Checkpoints: ${count}, not checked. Without --keys, only the chains are checked.`;
  if (!first || !last) return 'Checkpoints: none.';
  return `Checkpoints: ${count}, from number ${first.number} (${first.time}) to number ${last.number} (${last.time}). ${many(unattested, 'event')} after it ${unattested === 1 ? 'is' : 'are'} not attested yet.`;
}

/** Returns a producer that is safe to split at blanks, because it comes from what is verified. */
const nameOf = (producer = '-'): string => (/^[\w./:@-]+$/.test(producer) ? producer : JSON.stringify(producer));

/** Returns the first fault in a line for scripts. What is not known is `-`. */
function firstFault([first]: readonly TrailFault[]): string {
  if (!first) return '';
  return `${forTerminal(`fault: ${first.kind} producer=${nameOf(first.producer)} seq=${first.seq ?? '-'}`)}\n\n`;
}

/** Describes what was verified, and what is wrong. A trail with faults begins with a line about the first of them. */
export function describeTrail(environment: Environment, report: TrailReport, options: ListOptions): string {
  const { events, producers, earliest, latest, unchained, hashOnly, repeated, faults, faultCount } = report;
  const lines = [
    `${many(events, 'event')} of ${many(producers.length, 'producer')}${earliest === undefined ? '' : `, from ${earliest} to ${latest ?? ''}`}.`,
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
  const table = producers.length === 0 ? '' : `${renderTable(environment, { rows: producers, columns }, options)}\n`;
  const found =
    faultCount === 0
      ? 'No fault was found.'
      : [
          `${many(faultCount, 'FAULT')}:`,
          ...faults.map((fault) => `  ${describeFault(fault)}`),
          ...(faults.length < faultCount ? [`  ... and ${faultCount - faults.length} more`] : []),
        ].join('\n');
  return `${firstFault(faults)}${table}${lines.map(forTerminal).join('\n')}\n\n${found}\n`;
}
