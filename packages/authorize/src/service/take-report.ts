import { replicaReportSchema } from '@sallyport/contracts';
import { parseJson, ProblemError } from '@sallyport/kit';
import { type ReplicaRegistry } from '@sallyport/stores';

/**
 * Stores the report of a gateway, or removes a gateway that is shutting down. Throws `bad-request` for anything else;
 * authorize does not report over HTTP.
 */
export async function takeReport(text: string, replicas: Pick<ReplicaRegistry, 'put' | 'remove'>): Promise<void> {
  const parsed = replicaReportSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new ProblemError('bad-request', 'The body is not the report of a replica.');
  const report = parsed.data;
  const id = 'gone' in report ? report.gone : report.replica.id;
  if (!id.startsWith('proxy/') || ('replica' in report && report.replica.service !== 'proxy'))
    throw new ProblemError('bad-request', 'Only gateways may report here.');
  if ('gone' in report) await replicas.remove(id);
  else await replicas.put(report.replica);
}
