import type { Session } from '@sallyport/contracts';
import type { SingleUseStore } from '@sallyport/kit';
import { z } from 'zod';

const kind = 'provider-logout';
/** Longer than a login may take from the provider's answer to its session. */
const rememberedMs = 900_000;
const markSchema = z.object({ at: z.number() });

const keyOf = (issuer: string, of: { sid: string } | { subject: string }) => JSON.stringify('sid' in of ? ['sid', issuer, of.sid] : ['sub', issuer, of.subject]);

/** Remembers that a person, or one session of theirs at the provider, was logged out there: a login that is under way has no session yet that could end. */
export async function rememberLogout(singleUse: SingleUseStore, issuer: string, of: { sid: string } | { subject: string }, at: number): Promise<void> {
  await singleUse.put(kind, keyOf(issuer, of), { at }, rememberedMs);
}

/** Whether the provider has ended what this session comes from since it vouched for the person. */
export async function isLoggedOutThere(singleUse: SingleUseStore, { identity: { issuer, subject }, sid }: Session, provenAt: number): Promise<boolean> {
  const marks = await Promise.all([...(sid === undefined ? [] : [{ sid }]), { subject }].map(async (of) => {
    const { data } = markSchema.safeParse(await singleUse.read(kind, keyOf(issuer, of)));
    // A session of theirs that has ended does not begin again; a person may log in again.
    return data !== undefined && ('sid' in of || data.at >= provenAt);
  }));
  return marks.includes(true);
}
