// A separate program: reads one context of a kubeconfig, runs its exec plugin if there is one, and prints address, CA
// and credential as JSON.
import { readFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';

type HeaderBag = Record<string, string | string[] | undefined>;

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

const text = (data: string | undefined, file: string | undefined) =>
  data ? Buffer.from(data, 'base64').toString('utf8') : file ? readFileSync(file, 'utf8') : undefined;

/** Returns the `exp` of a token in milliseconds if it is a JWT. */
function expiryOf(token: string | undefined): number | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(token!.split('.')[1]!, 'base64url').toString('utf8')) as { exp?: number };
    return typeof exp === 'number' ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

async function main(file: string, context: string): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(file);
  if (context !== '') {
    if (!config.getContextObject(context))
      fail(
        `the kubeconfig has no context ${JSON.stringify(context)}; it has ${config
          .getContexts()
          .map((one) => one.name)
          .join(', ')}`,
      );
    config.setCurrentContext(context);
  }
  const cluster = config.getCurrentCluster() ?? fail("the kubeconfig's current context names no cluster");
  if (cluster.skipTLSVerify) fail('the kubeconfig sets insecure-skip-tls-verify, set the CA of the cluster instead');
  const user = config.getCurrentUser();
  const options: { headers: HeaderBag; cert?: unknown; key?: unknown } = { headers: {} };
  await config.applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
  const header = options.headers.Authorization ?? options.headers.authorization;
  const token = typeof header === 'string' && header.startsWith('Bearer ') ? header.slice(7) : user?.token;
  const pem = (value: unknown) =>
    typeof value === 'string' ? value : Buffer.isBuffer(value) ? value.toString('utf8') : undefined;
  process.stdout.write(
    JSON.stringify({
      server: cluster.server,
      ca: text(cluster.caData, cluster.caFile),
      serverName: cluster.tlsServerName,
      clientCert: pem(options.cert) ?? text(user?.certData, user?.certFile),
      clientKey: pem(options.key) ?? text(user?.keyData, user?.keyFile),
      token: token?.trim(),
      expiresAt: expiryOf(token),
    }),
  );
}

main(process.argv[2] ?? '', process.argv[3] ?? '').catch((error: unknown) =>
  fail(error instanceof Error ? error.message : String(error)),
);
