type Chain = { message?: unknown; code?: unknown; port?: unknown; cause?: unknown };

/** Returns an error and everything that caused it. */
function chainOf(error: unknown): Chain[] {
  const chain: Chain[] = [];
  for (let one = error; typeof one === 'object' && one !== null && chain.length < 5; one = (one as Chain).cause)
    chain.push(one as Chain);
  return chain;
}

/**
 * Returns an error that says which part the proxy had in it, if it had one: it refused (undici says only that the
 * request was canceled), or nothing listens there. Does not contain the user name and password of the proxy.
 */
export function nameProxy(error: unknown, proxy: URL, target: string): unknown {
  const name = `the proxy ${proxy.protocol}//${proxy.host}`;
  const { host, port: targetPort } = new URL(target);
  const port = Number(proxy.port || (proxy.protocol === 'https:' ? 443 : 80));
  const because = (text: string) => new TypeError('fetch failed', { cause: new Error(text, { cause: error }) });
  for (const { message, code, port: refusing } of chainOf(error)) {
    const [, status] = /^Proxy response \((\d+)\)/.exec(String(message)) ?? [];
    if (status === '407')
      return because(`${name} refused to connect to ${host}: 407, HTTPS_PROXY needs a user name and password`);
    if (status !== undefined) return because(`${name} refused to connect to ${host}: ${status}`);
    // A provider on the same port may be the one that was reached directly.
    if (typeof code === 'string' && refusing === port && Number(targetPort || 443) !== port)
      return because(`${name} cannot be reached: ${code}`);
  }
  return error;
}
