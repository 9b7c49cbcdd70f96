import { sallyportVersion } from '@sallyport/contracts';
import type { Environment } from '../environment/environment.ts';
import type { GatewayNames } from '../gateway/find-gateway.ts';
import type { OpenGateway } from '../gateway/open-gateway.ts';
import { kubeconfigFiles } from '../kubeconfig/kubeconfig-file.ts';
import { kubectlContext } from '../kubeconfig/kubectl-context.ts';
import { createProgress } from '../terminal/progress.ts';
import { checkCertificate } from './check-certificate.ts';
import { checkClusters } from './check-clusters.ts';
import { ok, type Check } from './check.ts';
import { checkHealth } from './check-health.ts';
import { checkHome } from './check-home.ts';
import { checkKeyring } from './check-keyring.ts';
import { checkKubeconfig } from './check-kubeconfig.ts';
import { checkKubectl } from './check-kubectl.ts';
import { checkLogin } from './check-login.ts';
import { checkNetwork } from './check-network.ts';
import { checkProxy } from './check-proxy.ts';
import { findTarget } from './find-target.ts';

/** Says what is being checked, for those who wait. */
type Tell = (what: string) => void;

const hasFailed = (checks: readonly Check[]) => checks.some(({ status }) => status === 'failed');

/** Checks the way to the gateway, step by step. Stops at the first step that fails, because the next ones need it. */
async function checkWay({ address, environment, trust }: OpenGateway, tell: Tell): Promise<Check[]> {
  const { check, proxy } = checkProxy(address, environment.env);
  if (check.status === 'failed') return [check];
  tell('the network');
  const { checks: network, socket } = await checkNetwork(address, proxy);
  const checks = [check, ...network];
  if (socket === undefined || address.scheme === 'http') {
    socket?.destroy();
    return checks;
  }
  tell('the certificate of the gateway');
  let first: typeof socket | undefined = socket;
  const open = async () => {
    const next = first ?? (await checkNetwork(address, proxy)).socket;
    first = undefined;
    return next;
  };
  return [...checks, await checkCertificate(address, trust, open, environment.now())];
}

async function checkGateway(gateway: OpenGateway, names: GatewayNames, tell: Tell): Promise<Check[]> {
  const { environment } = gateway;
  const way = await checkWay(gateway, tell);
  if (hasFailed(way)) return way;
  tell('the gateway');
  const health = await checkHealth(gateway);
  if (hasFailed(health)) return [...way, ...health];
  const login = await checkLogin(gateway);
  if (!login.loggedIn) return [...way, ...health, ...login.checks];
  const context =
    names.context === undefined ? undefined : await kubectlContext(kubeconfigFiles(environment), names.context);
  const clusters = await checkClusters(gateway, context?.place?.cluster, (one) => tell(`the cluster ${one}`));
  return [...way, ...health, ...login.checks, ...clusters];
}

async function runChecks(environment: Environment, names: GatewayNames, tell: Tell): Promise<Check[]> {
  const { nodeVersion, platform, architecture } = environment;
  const { gateway, check } = await findTarget(environment, names);
  tell('kubectl');
  const keyring = gateway === undefined ? undefined : checkKeyring(environment, gateway.address);
  return [
    ok('cli', `${sallyportVersion}, with Node.js ${nodeVersion} on ${platform}-${architecture}`),
    await checkKubectl(environment),
    checkHome(environment),
    ...(keyring === undefined ? [] : [keyring]),
    check,
    ...(await checkKubeconfig(environment, gateway?.address)),
    ...(gateway === undefined ? [] : await checkGateway(gateway, names, tell)),
  ];
}

/** Checks everything between this machine and a working kubectl. Shows the progress if that takes a while. */
export async function runDoctor(environment: Environment, names: GatewayNames): Promise<Check[]> {
  const progress = createProgress(environment);
  let current = 'this machine';
  const timer = setInterval(() => progress.tell(() => `Checking ${current} ...`), 250);
  try {
    return await runChecks(environment, names, (what) => {
      current = what;
    });
  } finally {
    clearInterval(timer);
    progress.end();
  }
}
