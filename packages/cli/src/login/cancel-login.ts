import type { GatewayClient } from '../gateway/gateway-client.ts';

/**
 * Tells the gateway that this program no longer waits for a login, so that the browser ends on a page that says so. It
 * does not matter if the gateway cannot be reached.
 */
export async function cancelLogin(client: GatewayClient, verifier: string): Promise<void> {
  const path = '/.sallyport/login/cancel';
  await client.call({ method: 'POST', path, form: { code_verifier: verifier }, timeoutMs: 900 }).catch(() => undefined);
}
