import { auditKey, createAuditRecord } from '@sallyport/audit-log';
import type { AuditRecord, SallyportPart } from '@sallyport/contracts';
import type { ClientFacts } from '@sallyport/kit';

/** The `directory` member of an audit event. */
export type DirectoryPart = NonNullable<SallyportPart['directory']>;

export type RecordFacts = {
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
export function directoryRecord(
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
