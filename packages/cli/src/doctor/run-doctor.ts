import { sallyportVersion } from '@sallyport/contracts/version';
import type { Environment } from '../environment/environment.ts';
import type { GatewayNames, GatewayOptions } from '../gateway/find-gateway.ts';
import { type OpenGateway, openGateway } from '../gateway/open-gateway.ts';
import { kubeconfigFiles, kubectlContext } from '../kubectl/read-kubeconfigs.ts';
import { writeResult } from '../terminal/output.ts';
import { createPaint } from '../terminal/paint.ts';
import { createProgress } from '../terminal/progress.ts';
import { checkCertificate } from './check-certificate.ts';
import { checkClusters } from './check-clusters.ts';
import { checkConnectors } from './check-connectors.ts';
import { ok, type Check, failedBy, describeChecks } from './check.ts';
import { checkHealth, checkLogin } from './check-gateway.ts';
import { checkHome, checkKeyring } from './check-home.ts';
import { checkKubeconfig, checkKubectl } from './check-kubeconfig.ts';
import { checkNetwork, checkProxy } from './check-network.ts';
import { CliError, NegativeAnswer } from '../terminal/cli-error.ts';

type Target = { check: Check; gateway?: Awaited<ReturnType<typeof openGateway>> };

/** Finds the gateway that other commands would use. Throws a CliError only if the command line is wrong. */
async function findTarget(environment: Environment, names: GatewayNames): Promise<Target> {
  try {
    const gateway = await openGateway(environment, names);
    const { origin } = gateway.address;
    return { gateway, check: ok('gateway', `${origin} (from ${gateway.found.source})`) };
  } catch (error) {
    const named = names.gateway !== undefined || names.context !== undefined;
    if (named && error instanceof CliError && error.exit === 'usage') throw error;
    return { check: failedBy('gateway', error) };
  }
}

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
  tell('the connectors');
  return [...way, ...health, ...login.checks, ...(await checkConnectors(gateway)), ...clusters];
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
async function runDoctor(environment: Environment, names: GatewayNames): Promise<Check[]> {
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

/** `sallyport doctor`. */
export async function doctor(environment: Environment, options: GatewayOptions): Promise<void> {
  const checks = await runDoctor(environment, options);
  await writeResult(environment, options.output, { checks }, () => describeChecks(checks, createPaint(environment)));
  if (checks.some(({ status }) => status === 'failed')) throw new NegativeAnswer();
}
