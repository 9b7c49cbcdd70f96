import { fieldOf } from '../input/field-of.ts';
import type { AuditRow } from '../gateway/answers.ts';

const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';

export const auditHeading = ['TIME', 'USER', 'CLUSTER', 'VERB', 'OBJECT', 'EFFECT', 'CODE', 'STAGE'] as const;

/** `namespace/resource/name:subresource` as far as known; for all else the path. */
function objectOf(row: AuditRow): string {
  const object = fieldOf(row.data, 'objectRef');
  const [resource, subresource] = [text(fieldOf(object, 'resource')), text(fieldOf(object, 'subresource'))];
  if (resource === '')
    return row.type === 'k8s.request' || row.type === 'http.request' ? text(fieldOf(row.data, 'requestURI')) : row.type;
  const path = [text(fieldOf(object, 'namespace')), resource, text(fieldOf(object, 'name'))]
    .filter((piece) => piece !== '')
    .join('/');
  return subresource === '' ? path : `${path}:${subresource}`;
}

/** Who an event is about. */
export const userOf = (row: AuditRow): string => text(fieldOf(fieldOf(row.data, 'user'), 'username'));

/** The stage, and of an event that stands for many how many. */
function stageOf(row: AuditRow): string {
  const [stage, count] = [
    text(fieldOf(row.data, 'stage')),
    fieldOf(fieldOf(fieldOf(row.data, 'sallyport'), 'aggregated'), 'count'),
  ];
  return typeof count === 'number' && count > 1 ? `${stage} (${count} times)` : stage;
}

/** One event as a row under `auditHeading`. */
export function auditRow(row: AuditRow): string[] {
  const ours = fieldOf(row.data, 'sallyport');
  return [
    row.time,
    userOf(row),
    text(fieldOf(fieldOf(ours, 'cluster'), 'name')),
    text(fieldOf(ours, 'policyVerb')) || text(fieldOf(row.data, 'verb')),
    objectOf(row),
    text(fieldOf(fieldOf(ours, 'decision'), 'effect')),
    text(fieldOf(fieldOf(row.data, 'responseStatus'), 'code')),
    stageOf(row),
  ];
}

/** True for a query of the audit trail that was made in this session. */
export function isAuditQueryOf(row: AuditRow, sessionId: string): boolean {
  return (
    row.type === 'http.request' &&
    text(fieldOf(row.data, 'requestURI')).startsWith('/.sallyport/api/v1/audit') &&
    fieldOf(fieldOf(row.data, 'sallyport'), 'sessionId') === sessionId
  );
}
