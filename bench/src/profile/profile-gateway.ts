import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { serviceNames, type ServiceName } from '@sallyport/contracts';
import { podsPath, type Setup } from '../contenders/contender.ts';
import { startGateway } from '../contenders/sallyport.ts';
import { runWrk } from '../machine/wrk.ts';
import { profileText, summariseProfile } from './summarise-profile.ts';

const packages = path.resolve(import.meta.dirname, '../../../packages');
const compiledProgram = (name: ServiceName) => path.join(packages, name, 'dist', 'main.js');

/**
 * Runs the services under the Node.js profiler and reports where proxy and authorize spend their time. The profile
 * includes the start of each service, so the load must be long.
 */
export async function profileGateway(
  setup: Setup,
  directory: string,
  { seconds, webHost }: { seconds: number; webHost?: string | undefined },
  log: (text: string) => void,
): Promise<string> {
  mkdirSync(directory, { recursive: true });
  const gateway = await startGateway(setup, 'tls', {
    environment: { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${directory}` },
    webHost,
    // The output of the compiler, because a bundle does not show which file it came from.
    programs: Object.fromEntries(serviceNames.map((name) => [name, compiledProgram(name)])),
  });
  try {
    const { requests } = await runWrk({
      program: setup.bed.programs.wrk!,
      directory: setup.directory,
      url: gateway.base + podsPath,
      headers: gateway.headers,
      connections: 32,
      seconds,
    });
    log(`${requests} requests under the profiler`);
  } finally {
    await gateway.stop();
  }
  const files = readdirSync(directory).filter((name) => name.endsWith('.cpuprofile'));
  const fileOf = (pid: number) =>
    files.find((name) => name.split('.').includes(String(pid)) && readFileSync(path.join(directory, name)).length > 0);
  return Object.entries(gateway.pids)
    .map(([name, pid]) => {
      const file = fileOf(pid);
      return file === undefined
        ? `${name}: no profile was written`
        : profileText(`${name} (${path.join(directory, file)})`, summariseProfile(path.join(directory, file)));
    })
    .join('\n\n');
}
