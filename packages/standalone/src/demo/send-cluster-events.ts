import { createHash, randomBytes } from 'node:crypto';
import { callGateway, type GatewayAddress } from '../traffic/call-gateway.ts';

const everyMs = 1000;
/** The same as by default in kube-apiserver (`--audit-webhook-batch-max-size`, `--audit-webhook-batch-buffer-size`). */
const [maxBatch, maxWaiting] = [400, 10_000];

/**
 * Creates what sends the audit events of a cluster to the gateway, as the webhook backend of kube-apiserver does. Events
 * wait until there is a gateway, and are sent again until it has accepted them. `say` is told once if too many wait.
 */
export function createEventSender(say: (text: string) => void) {
  const token = `spa_${randomBytes(32).toString('base64url')}`;
  const waiting: object[] = [];
  let lost = false;

  const send = async (gateway: GatewayAddress, cluster: string) => {
    while (waiting.length > 0) {
      const items = waiting.slice(0, maxBatch);
      const body = JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items });
      const call = { method: 'POST', path: `/.sallyport/audit/${cluster}`, token, body };
      const { status } = await callGateway(gateway, call).catch(() => ({ status: 0 }));
      if (status !== 200) return;
      waiting.splice(0, items.length);
    }
  };
  return {
    /** The cluster's entry in sallyport.yaml that accepts the events. */
    auditWebhook: { tokenSha256: createHash('sha256').update(token).digest('hex') },
    add(event: object): void {
      if (waiting.length < maxWaiting) return void waiting.push(event);
      if (!lost)
        say('The gateway does not accept the audit events of the practice cluster, so later ones are missing.');
      lost = true;
    },
    /** Sends what waits, and from now on what comes. Returns what sends the rest and then stops. */
    start(gateway: GatewayAddress, cluster: string): () => Promise<void> {
      let sending = Promise.resolve();
      const next = () => (sending = sending.then(() => send(gateway, cluster)));
      const timer = setInterval(() => void next(), everyMs);
      timer.unref();
      return () => {
        clearInterval(timer);
        return next();
      };
    },
  };
}
