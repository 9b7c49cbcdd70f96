import type { GatewayAddress } from '../input/gateway-address.ts';
import { findProxy, type Proxy } from '../proxy/find-proxy.ts';
import { failedBy, ok, type Check } from './check.ts';

const name = 'proxy';

/** Checks what the variables of the environment say about a proxy for the gateway. Never repeats its password. */
export function checkProxy(
  { origin }: GatewayAddress,
  env: Record<string, string | undefined>,
): { check: Check; proxy?: Proxy } {
  try {
    const proxy = findProxy(origin, env);
    if (proxy !== undefined)
      return { proxy, check: ok(name, `${proxy.name} leads to the gateway (from ${proxy.variable})`) };
    const set = ['HTTPS_PROXY', 'https_proxy'].find((one) => (env[one]?.trim() ?? '') !== '');
    if (set === undefined) return { check: ok(name, 'none: HTTPS_PROXY is not set') };
    return {
      check: ok(name, `none for this address: ${set} is set, but the gateway is on this machine or in NO_PROXY`),
    };
  } catch (error) {
    return { check: failedBy(name, error) };
  }
}
