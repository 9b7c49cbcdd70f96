import { auditKey, createAuditRecord, recordAfterEffect, type AuditSink } from '@sallyport/audit-log';
import type { AuditRecord, SallyportPart } from '@sallyport/contracts';
import { type ClientFacts, ProblemError } from '@sallyport/kit';

/** The `directory` member of an audit event. */
type DirectoryPart = NonNullable<SallyportPart['directory']>;

type RecordFacts = {
  type: 'directory.changed' | 'directory.refused';
  verb: string;
  path: string;
  code: number;
  facts: ClientFacts;
  username?: string;
  message?: string;
  detail?: string | undefined;
  directory: DirectoryPart;
};

/** Builds the audit record of one event of the directory. */
function directoryRecord(
  { type, verb, path, code, facts, username, message, detail, directory }: RecordFacts,
  deps: { now: () => number; randomId: () => string },
): AuditRecord {
  const { clientAddress, userAgent } = facts;
  return createAuditRecord(
    {
      type,
      source: 'sallyport/authenticate',
      key: auditKey(undefined, undefined),
      data: {
        auditID: deps.randomId(),
        stage: 'ResponseComplete',
        requestURI: path,
        verb,
        user: username === undefined ? {} : { username },
        ...(clientAddress === undefined ? {} : { sourceIPs: [clientAddress] }),
        ...(userAgent === undefined ? {} : { userAgent }),
        responseStatus: { code, ...(message === undefined ? {} : { message }) },
        sallyport: {
          ...(clientAddress === undefined ? {} : { clientAddress }),
          ...(detail === undefined ? {} : { detail }),
          directory,
        },
      },
    },
    deps,
  );
}

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
