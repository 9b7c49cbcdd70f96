import type { Session } from '@sallyport/contracts';
import type { SingleUseStore } from '@sallyport/stores';
import { z } from 'zod';

const kind = 'provider-logout';
/** Longer than a login may take from the authorization response to its session. */
const recordLifeMs = 900_000;
const recordSchema = z.object({ at: z.number() });

/** What was logged out: one session at the provider, a user, or those of a user's sessions that have no `sid`. */
type LoggedOut = { sid: string } | { subject: string; unnamed?: true };

const keyOf = (issuer: string, of: LoggedOut) =>
  JSON.stringify('sid' in of ? ['sid', issuer, of.sid] : [of.unnamed ? 'sub without sid' : 'sub', issuer, of.subject]);

/** Records a logout at the provider, because a pending login has no session yet that could be ended. */
export async function recordProviderLogout(
  singleUse: SingleUseStore,
  issuer: string,
  of: LoggedOut,
  at: number,
): Promise<void> {
  await singleUse.put(kind, keyOf(issuer, of), { at }, recordLifeMs);
}

/** Reports whether the provider logged the user out after it authenticated them for this session. */
export async function isLoggedOutAtProvider(
  singleUse: SingleUseStore,
  { identity: { issuer, subject }, sid }: Session,
  provenAt: number,
): Promise<boolean> {
  const all: LoggedOut[] = [sid === undefined ? { subject, unnamed: true } : { sid }, { subject }];
  const loggedOut = await Promise.all(
    all.map(async (of) => {
      const { data } = recordSchema.safeParse(await singleUse.read(kind, keyOf(issuer, of)));
      // A session at the provider never resumes after its end, but a user may log in again.
      return data !== undefined && ('sid' in of || data.at >= provenAt);
    }),
  );
  return loggedOut.includes(true);
}
