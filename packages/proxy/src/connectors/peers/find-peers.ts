import { replicaStatusSchema, type CarrierStatus, type ReplicaStatus } from '@sallyport/contracts';
import type { ServiceClient } from '@sallyport/kit';
import { z } from 'zod';

/** For how long the answer about replicas is used, in milliseconds. */
const freshMs = 1000;
const statusSchema = z.object({ replicas: z.array(z.unknown()) });

/** What another replica reports about the connectors that are connected to it. */
export type PeerReport = { id: string; address: string | undefined; carriers: readonly CarrierStatus[] };

function readReport(one: unknown): ReplicaStatus[] {
  const { data } = replicaStatusSchema.safeParse(one);
  return data?.service === 'proxy' ? [data] : [];
}

/** Leaves out replicas that were killed, whose address another one has had since: authorize keeps a report for a while. */
const withoutReplaced = (reports: readonly ReplicaStatus[]): ReplicaStatus[] =>
  reports.filter(
    ({ peerAddress, startedAt }) =>
      peerAddress === undefined ||
      !reports.some((other) => other.peerAddress === peerAddress && other.startedAt > startedAt),
  );

/**
 * Creates the function that lists the other replicas of the gateway, as they report to authorize. Rejects if authorize
 * does not respond.
 */
export function createFindPeers(deps: {
  authorize: Pick<ServiceClient, 'request'>;
  /** The id of this replica. */
  replica: string;
  /** Where other replicas hand dials to this one. */
  address?: string | undefined;
}): () => Promise<PeerReport[]> {
  let held: { peers: Promise<PeerReport[]>; at: number } | undefined;
  const ask = async () => {
    const { body } = await deps.authorize.request({ method: 'GET', path: '/v1/policy/status' });
    return withoutReplaced(statusSchema.parse(body).replicas.flatMap(readReport))
      .filter(({ id, peerAddress }) => id !== deps.replica && (!peerAddress || peerAddress !== deps.address))
      .map(({ id, peerAddress, carriers = [] }) => ({ id, address: peerAddress, carriers }));
  };
  return () => {
    if (!held || performance.now() - held.at >= freshMs) held = { peers: ask(), at: performance.now() };
    return held.peers;
  };
}
