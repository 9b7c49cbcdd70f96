import { recordAfterEffect, type AuditSink } from '@sallyport/audit-log';
import { ProblemError, type ClientFacts } from '@sallyport/kit';
import { directoryRecord, type DirectoryPart, type RecordFacts } from './directory-record.ts';

/**
 * One change in a source. `by` is the name of the token that pushed it, or `reading` for a sync. `added` and `removed`
 * are the names of members.
 */
export type DirectoryChange = {
  verb: 'create' | 'update' | 'delete' | 'read';
  path: string;
  code: number;
  facts: ClientFacts;
  source: string;
  by: string;
  kind?: 'User' | 'Group';
  id?: string;
  name?: string;
  active?: boolean;
  added?: readonly string[];
  removed?: readonly string[];
  detail?: string;
};

/** The audit events of the directory. */
export type DirectoryEvents = {
  /** Throws `audit-unavailable` if a change could not be recorded now. */
  requireRoom(): void;
  /** Records a change that has been made, or may have been. Reports whether it is recorded in time. Never rejects. */
  changed(change: DirectoryChange): Promise<boolean>;
  refused(refusal: { path: string; code: number; facts: ClientFacts; message: string }): void;
};

const maxNamed = 20;

function memberNames(what: 'added' | 'removed', names: readonly string[] | undefined): Partial<DirectoryPart> {
  if (names === undefined || names.length === 0) return {};
  return { [what]: names.slice(0, maxNamed), [`${what}Count`]: names.length };
}

const withoutUndefined = <T extends object>(values: T) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: NonNullable<T[Key]>;
  };

/** Creates the events, which are written to the audit sink. */
export function createDirectoryEvents(deps: {
  audit: AuditSink;
  now: () => number;
  randomId: () => string;
}): DirectoryEvents {
  const { audit } = deps;
  const toRecord = (facts: RecordFacts) => directoryRecord(facts, deps);
  return {
    requireRoom() {
      if (!audit.hasRoom())
        throw new ProblemError(
          'audit-unavailable',
          'The audit log cannot be written at the moment, so nothing can be changed. Try again shortly.',
        );
    },
    changed({ verb, path, code, facts, detail, source, by, kind, id, name, active, added, removed }) {
      return recordAfterEffect(
        audit,
        toRecord({
          type: 'directory.changed',
          path,
          code,
          facts,
          verb,
          detail,
          username: `directory:${by}`,
          directory: {
            ...withoutUndefined({ source, by, kind, id, name, active }),
            ...memberNames('added', added),
            ...memberNames('removed', removed),
          },
        }),
      );
    },
    refused({ path, code, facts, message }) {
      // Anyone can cause refusals at any rate. They must not fill the queue.
      if (audit.hasRoom())
        audit.enqueue(
          toRecord({ type: 'directory.refused', path, code, facts, verb: 'refuse', message, directory: {} }),
        );
    },
  };
}
