import { fieldOf } from '../input/field-of.ts';
import type { AuditRow } from '../gateway/answers.ts';

const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';

export const auditHeading = ['TIME', 'USER', 'CLUSTER', 'VERB', 'OBJECT', 'EFFECT', 'CODE', 'STAGE'] as const;

/** Returns `namespace/resource/name:subresource` as far as it is known, or the path, or the type of the event. */
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

/** Returns the user of an event. */
export const userOf = (row: AuditRow): string => text(fieldOf(fieldOf(row.data, 'user'), 'username'));

/** Returns the stage, and the count if the event represents several. */
function stageOf(row: AuditRow): string {
  const [stage, count] = [
    text(fieldOf(row.data, 'stage')),
    fieldOf(fieldOf(fieldOf(row.data, 'sallyport'), 'aggregated'), 'count'),
  ];
  return typeof count === 'number' && count > 1 ? `${stage} (${count} times)` : stage;
}

/** Returns an event as a row under `auditHeading`. */
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

/** Reports whether an event is an audit query of this session. */
export function isAuditQueryOf(row: AuditRow, sessionId: string): boolean {
  return (
    row.type === 'http.request' &&
    text(fieldOf(row.data, 'requestURI')).startsWith('/.sallyport/api/v1/audit') &&
    fieldOf(fieldOf(row.data, 'sallyport'), 'sessionId') === sessionId
  );
}
