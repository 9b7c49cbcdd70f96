import type { SallyportPart } from '@sallyport/contracts';
import { auditKey, createAuditRecord, type AuditSink } from '@sallyport/audit-log';
import { ProblemError } from '@sallyport/kit';
import type { ClientFacts } from '@sallyport/kit';

type About = NonNullable<SallyportPart['directory']>;

/**
 * One change: in which source, by whom (a token's name, or a reading), of what. `added` and `removed` are members by
 * name.
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

/** What the directory tells the audit log. */
export type DirectoryEvents = {
  /** Refuses to change what could not be recorded (`audit-unavailable`). */
  requireRoom(): void;
  changed(change: DirectoryChange): void;
  refused(refusal: { path: string; code: number; facts: ClientFacts; message: string }): void;
};

const maxNamed = 20;
const named = (what: 'added' | 'removed', names: readonly string[] | undefined): Partial<About> =>
  names === undefined || names.length === 0 ? {} : { [what]: names.slice(0, maxNamed), [`${what}Count`]: names.length };
const given = <T extends object>(values: T) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: NonNullable<T[Key]>;
  };

/** Builds the events and hands them to the sink. */
export function createDirectoryEvents(deps: {
  audit: AuditSink;
  now: () => number;
  randomId: () => string;
}): DirectoryEvents {
  const { audit, randomId } = deps;
  type Told = Pick<DirectoryChange, 'path' | 'code' | 'facts'> & {
    type: 'directory.changed' | 'directory.refused';
    verb: string;
    username?: string;
    message?: string;
    detail?: string | undefined;
    about: About;
  };
  const tell = ({ type, path, code, facts, verb, username, message, detail, about }: Told) =>
    audit.enqueue(
      createAuditRecord(
        {
          type,
          source: 'sallyport/authenticate',
          key: auditKey(undefined, undefined),
          data: {
            auditID: randomId(),
            stage: 'ResponseComplete',
            requestURI: path,
            verb,
            user: username === undefined ? {} : { username },
            ...(facts.clientAddress === undefined ? {} : { sourceIPs: [facts.clientAddress] }),
            ...(facts.userAgent === undefined ? {} : { userAgent: facts.userAgent }),
            responseStatus: { code, ...(message === undefined ? {} : { message }) },
            sallyport: {
              producer: 'authenticate',
              ...(facts.clientAddress === undefined ? {} : { clientAddress: facts.clientAddress }),
              ...(detail === undefined ? {} : { detail }),
              directory: about,
            },
          },
        },
        deps,
      ),
    );
  return {
    requireRoom() {
      if (!audit.hasRoom())
        throw new ProblemError(
          'audit-unavailable',
          'The audit log cannot be written at the moment, so nothing can be changed. Try again shortly.',
        );
    },
    changed({ verb, path, code, facts, detail, source, by, kind, id, name, active, added, removed }) {
      tell({
        type: 'directory.changed',
        path,
        code,
        facts,
        verb,
        detail,
        username: `directory:${by}`,
        about: {
          ...given({ source, by, kind, id, name, active }),
          ...named('added', added),
          ...named('removed', removed),
        },
      });
    },
    refused({ path, code, facts, message }) {
      // Anybody can be refused, as often as they like; they must not fill the queue.
      if (audit.hasRoom()) tell({ type: 'directory.refused', path, code, facts, verb: 'refuse', message, about: {} });
    },
  };
}
