import { noteUnrecorded } from '../gateway/expect-ok.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';
import { callAsUser, type OpenGateway } from '../gateway/open-gateway.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { isData, writeResult } from '../terminal/output.ts';

/** Revokes credentials of a kind by their ids, and says so after each, so that a failure leaves no doubt. */
export async function revokeEach(
  gateway: OpenGateway,
  { kind, path, ids }: { kind: string; path: string; ids: readonly string[] },
  { output }: GatewayOptions,
): Promise<void> {
  const { environment } = gateway;
  for (const id of ids) {
    noteUnrecorded(
      environment,
      await callAsUser(gateway, { method: 'DELETE', path: `${path}/${encodeURIComponent(id)}` }),
    );
    if (!isData(output)) environment.stdout.write(`Revoked ${kind} ${forTerminal(id)}.\n`);
  }
  if (isData(output)) await writeResult(environment, output, { revoked: ids }, () => '');
}
