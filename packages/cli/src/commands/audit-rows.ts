import type { AuditRow } from '../gateway/answers.ts';

const part = (value: unknown, name: string): unknown => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>)[name] : undefined);
const text = (value: unknown): string => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '');

export const auditHeading = ['TIME', 'USER', 'CLUSTER', 'VERB', 'OBJECT', 'EFFECT', 'CODE', 'STAGE'] as const;

/** `namespace/resource/name:subresource` as far as known; for all else the path. */
function objectOf(row: AuditRow): string {
  const object = part(row.data, 'objectRef');
  const [resource, subresource] = [text(part(object, 'resource')), text(part(object, 'subresource'))];
  if (resource === '') return row.type === 'k8s.request' || row.type === 'http.request' ? text(part(row.data, 'requestURI')) : row.type;
  const path = [text(part(object, 'namespace')), resource, text(part(object, 'name'))].filter((piece) => piece !== '').join('/');
  return subresource === '' ? path : `${path}:${subresource}`;
}

/** Who an event is about. */
export const userOf = (row: AuditRow): string => text(part(part(row.data, 'user'), 'username'));

/** One event as a row under `auditHeading`. */
export function auditRow(row: AuditRow): string[] {
  const ours = part(row.data, 'sallyport');
  return [
    row.time, userOf(row), text(part(part(ours, 'cluster'), 'name')), text(part(ours, 'policyVerb')) || text(part(row.data, 'verb')), objectOf(row),
    text(part(part(ours, 'decision'), 'effect')), text(part(part(row.data, 'responseStatus'), 'code')), text(part(row.data, 'stage')),
  ];
}

/** True for a query of the audit trail that was made in this session. */
export function isAuditQueryOf(row: AuditRow, sessionId: string): boolean {
  return row.type === 'http.request' && text(part(row.data, 'requestURI')).startsWith('/.sallyport/api/v1/audit') && part(part(row.data, 'sallyport'), 'sessionId') === sessionId;
}
