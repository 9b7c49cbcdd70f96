import { hash } from 'node:crypto';
import { searchable } from '../store/event-row.ts';

/**
 * Returns a kind of request in a form that the database can hold and index. Its names come from the path of the request,
 * and a client may choose any: one that is too long, or that has other characters, is hashed.
 */
export const storedKind = (kind: string): string =>
  searchable(kind) === kind ? kind : `sha256:${hash('sha256', kind, 'hex')}`;
