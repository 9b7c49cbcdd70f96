import { replicaReportSchema } from '@sallyport/contracts';
import { parseJson, ProblemError } from '@sallyport/kit';
import { type ReplicaRegistry } from '@sallyport/stores';

/**
 * Takes what a gateway reports of itself, or that it leaves. Throws `bad-request` for anything else; authorize reports
 * for itself.
 */
export async function takeReport(text: string, replicas: Pick<ReplicaRegistry, 'put' | 'remove'>): Promise<void> {
  const parsed = replicaReportSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new ProblemError('bad-request', 'This is no report of a replica.');
  const report = parsed.data;
  const id = 'gone' in report ? report.gone : report.replica.id;
  if (!id.startsWith('proxy/') || ('replica' in report && report.replica.service !== 'proxy'))
    throw new ProblemError('bad-request', 'Only gateways report here.');
  if ('gone' in report) await replicas.remove(id);
  else await replicas.put(report.replica);
}
