import { resultOf, type AuditRecord } from '@sallyport/contracts';
import { showUnseen } from '@sallyport/kit';
import { stringify } from 'csv-stringify/sync';

/** The columns of an export as CSV, in their order. New ones are added at the end. */
const columns: readonly (readonly [string, (record: AuditRecord) => unknown])[] = [
  ['time', ({ time }) => time],
  ['type', ({ type }) => type],
  ['stage', ({ data }) => data.stage],
  ['auditID', ({ data }) => data.auditID],
  ['user', ({ data }) => data.user.username],
  ['groups', ({ data }) => data.user.groups?.join(' ')],
  ['session', ({ data }) => data.sallyport.sessionId],
  ['address', ({ data }) => data.sallyport.clientAddress],
  ['cluster', ({ data }) => data.sallyport.cluster?.name],
  ['verb', ({ data }) => data.sallyport.policyVerb ?? data.verb],
  ['apiGroup', ({ data }) => data.objectRef?.apiGroup],
  ['resource', ({ data }) => data.objectRef?.resource],
  ['subresource', ({ data }) => data.objectRef?.subresource],
  ['namespace', ({ data }) => data.objectRef?.namespace],
  ['name', ({ data }) => data.objectRef?.name],
  ['requestURI', ({ data }) => data.requestURI],
  ['effect', ({ data }) => data.sallyport.decision?.effect],
  ['rule', ({ data }) => data.sallyport.decision?.rule],
  ['reasons', ({ data }) => data.sallyport.decision?.reasons.join(' ')],
  ['code', ({ data }) => data.responseStatus?.code],
  ['message', ({ data }) => data.responseStatus?.message],
  ['durationMs', ({ data }) => data.sallyport.durationMs],
  ['command', ({ data }) => data.sallyport.exec?.command.join(' ')],
  ['userAgent', ({ data }) => data.userAgent],
  ['count', ({ data }) => data.sallyport.aggregated?.count],
  ['id', ({ id }) => id],
  ['result', resultOf],
  ['ruleName', ({ data }) => data.sallyport.decision?.ruleName],
];

// A spreadsheet would run a cell that begins with one of = + - @ as a formula.
const write = (rows: readonly unknown[][]) =>
  stringify(rows as unknown[][], { escape_formulas: true, eof: true, cast: { string: showUnseen } });

/** The line with the names of the columns. */
export const csvHeading: string = write([columns.map(([name]) => name)]);

/** Returns events as lines of CSV (RFC 4180). */
export function csvLines(records: readonly AuditRecord[]): string {
  return write(records.map((record) => columns.map(([, value]) => value(record))));
}

/**
 * Returns the last row of an export, which is not an event: without it, the export was cut. It has a cell for each column,
 * so that every reader of CSV takes it.
 */
export function csvEnd(events: number, isFiltered: boolean): string {
  const cells: Record<string, unknown> = {
    type: 'export',
    message: isFiltered ? 'complete, filtered' : 'complete',
    count: events,
  };
  return write([columns.map(([name]) => cells[name])]);
}
