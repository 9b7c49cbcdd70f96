import type { ElevationCall, NoticeList, NoticeResendAnswer } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { listNotices, resendNotices } from '@sallyport/notify';
import type { ElevationStore } from '@sallyport/stores';
import type { Asker } from './find-asker.ts';

const maxListed = 500;

type Parts = { store: Pick<ElevationStore, 'notices'>; channels: readonly string[] };

/** Refuses callers whom `api.policy.elevations` does not allow: notifications are about the elevations of everyone. */
function refuseUnprivileged({ privileged }: Pick<Asker, 'privileged'>): void {
  if (!privileged)
    throw new ProblemError('forbidden', 'You may not see notifications. The policy api.policy.elevations decides.');
}

/** Lists the notifications that channels have not taken, or has those sent again that were given up. */
export async function answerNotices(
  call: Extract<ElevationCall, { action: 'notices' | 'resend' }>,
  asker: Pick<Asker, 'privileged'>,
  { store: { notices }, channels }: Parts,
): Promise<NoticeList | NoticeResendAnswer> {
  refuseUnprivileged(asker);
  if (call.action === 'notices') {
    const rows = await listNotices(notices, channels);
    return { notifications: rows.slice(0, maxListed), omitted: Math.max(0, rows.length - maxListed) };
  }
  const { channel, elevation } = call.asked;
  return { resent: await resendNotices(notices, { channel, aboutId: elevation }) };
}
