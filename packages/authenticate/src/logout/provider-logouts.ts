import type { Session } from '@sallyport/contracts';
import type { SingleUseStore } from '@sallyport/stores';
import { z } from 'zod';

const kind = 'provider-logout';
/** Longer than a login may take from the provider's answer to its session. */
const rememberedMs = 900_000;
const markSchema = z.object({ at: z.number() });

/**
 * What a logout was of: one session at the provider, a person, or whichever of a person's sessions have no name at the
 * provider.
 */
type LogoutOf = { sid: string } | { subject: string; unnamed?: true };

const keyOf = (issuer: string, of: LogoutOf) =>
  JSON.stringify('sid' in of ? ['sid', issuer, of.sid] : [of.unnamed ? 'sub without sid' : 'sub', issuer, of.subject]);

/**
 * Remembers that a person, or one session of theirs at the provider, was logged out there: a login that is under way
 * has no session yet that could end.
 */
export async function rememberLogout(
  singleUse: SingleUseStore,
  issuer: string,
  of: LogoutOf,
  at: number,
): Promise<void> {
  await singleUse.put(kind, keyOf(issuer, of), { at }, rememberedMs);
}

/** Whether the provider has ended what this session comes from since it vouched for the person. */
export async function isLoggedOutThere(
  singleUse: SingleUseStore,
  { identity: { issuer, subject }, sid }: Session,
  provenAt: number,
): Promise<boolean> {
  const all: LogoutOf[] = [sid === undefined ? { subject, unnamed: true } : { sid }, { subject }];
  const marks = await Promise.all(
    all.map(async (of) => {
      const { data } = markSchema.safeParse(await singleUse.read(kind, keyOf(issuer, of)));
      // A session of theirs that has ended does not begin again; a person may log in again.
      return data !== undefined && ('sid' in of || data.at >= provenAt);
    }),
  );
  return marks.includes(true);
}
