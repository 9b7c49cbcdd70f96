import type { SessionKind } from '@sallyport/contracts';
import { encodeCaller, type Caller } from '@sallyport/kit';
import { issuer } from './test-provider.ts';

/** Returns the header in which the gateway names the caller. */
export function callerHeader(caller: {
  id: string;
  kind?: SessionKind;
  privileged?: boolean;
  subject?: string;
  user?: string;
  groups?: string[];
}): Record<string, string> {
  const value: Caller = {
    session: { id: caller.id, kind: caller.kind ?? 'cli', expiresAt: 0 },
    privileged: caller.privileged ?? false,
    clientAddress: '192.0.2.9',
    identity: {
      provider: 'corp',
      issuer,
      subject: caller.subject ?? 'sub-alice',
      user: caller.user ?? 'alice@example.com',
      groups: caller.groups ?? [],
      amr: [],
    },
  };
  return { 'sallyport-caller': encodeCaller(value) };
}
