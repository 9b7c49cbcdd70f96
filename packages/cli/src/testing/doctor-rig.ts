import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@jest/globals';
import { authority, certificate, key } from './certificates.ts';
import { startFakeGateway, type FakeGateway } from './fake-gateway.ts';
import type { Answer, Call } from './fake-gateway-types.ts';
import { createRig, type Rig } from './rig.ts';

type Check = { name: string; status: string; detail: string; hint?: string };
type Entry = { name: string; cluster: string; command?: string; apiVersion?: string; server?: string };
type Result = {
  code: number;
  err: string;
  checks: Check[];
  found(name: string): Check | undefined;
  failures: string[];
};

/** A machine with kubectl, and a gateway with its clusters. All is in order until a test changes it. */
export type DoctorRig = Rig & {
  gateway: FakeGateway;
  /** Answers in place of the gateway. */
  instead: (call: Call) => Answer | undefined;
  /** Starts the gateway anew, with this certificate or without TLS. */
  replaceGateway(tls?: { key: string; cert: string }): Promise<void>;
  /** Writes a program into the PATH. */
  putProgram(name: string, script: string): string;
  /** Writes a file. */
  put(text: string): string;
  putKubeconfig(...entries: Entry[]): void;
  /** Logs in, whether or not that succeeds. The CA is remembered in any case. */
  tryLogin(origin: string, ca: string): Promise<unknown>;
  logIn(): Promise<void>;
  doctor(...args: string[]): Promise<Result>;
  close(): Promise<void>;
};

function kubeconfigOf(origin: string, entries: readonly Entry[]): string {
  const address = ({ cluster }: Entry) => `${origin}/clusters/${cluster}`;
  return JSON.stringify({
    'current-context': entries[0]?.name,
    contexts: entries.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
    clusters: entries.map((entry) => ({ name: entry.name, cluster: { server: entry.server ?? address(entry) } })),
    users: entries.map((entry) => {
      const { name, command = 'kubectl', apiVersion = 'client.authentication.k8s.io/v1' } = entry;
      return { name, user: { exec: { apiVersion, command, args: ['exec-credential', address(entry)] } } };
    }),
  });
}

/** Answers for the gateway what the general one of the tests does not know. */
function answer({ path: asked }: Call): Answer | undefined {
  if (asked === '/healthz') return { status: 200, body: 'ok' };
  return /^\/clusters\/[a-z]+\/version$/.test(asked) ? { status: 200, body: { gitVersion: 'v1.34.2' } } : undefined;
}

export async function createDoctorRig(): Promise<DoctorRig> {
  const base = createRig({ platform: 'linux' });
  const bin = path.join(base.directory, 'bin');
  mkdirSync(bin);
  base.environment.env.PATH = bin;
  const start = async (tls?: { key: string; cert: string }) => {
    const gateway = await startFakeGateway(tls);
    gateway.override = (call) => rig.instead(call) ?? answer(call);
    return gateway;
  };
  const rig: DoctorRig = {
    ...base,
    gateway: undefined as never,
    instead: () => undefined,
    async replaceGateway(tls) {
      await rig.gateway.close();
      rig.gateway = await start(tls);
    },
    putProgram(name, script) {
      const file = path.join(bin, name);
      writeFileSync(file, `#!/bin/sh\n${script}\n`);
      chmodSync(file, 0o755);
      return file;
    },
    put(text) {
      const file = path.join(base.directory, 'file.pem');
      writeFileSync(file, text);
      return file;
    },
    putKubeconfig: (...entries) => writeFileSync(base.kubeconfig, kubeconfigOf(rig.gateway.origin, entries)),
    tryLogin: (origin, ca) => base.run('login', '--device', '--gateway', origin, '--ca-file', rig.put(ca)),
    async logIn() {
      expect(await rig.tryLogin(rig.gateway.origin, authority)).toMatchObject({ code: 0 });
    },
    async doctor(...args) {
      const { code, out, err } = await base.run('doctor', '-o', 'json', ...args);
      const { checks } = JSON.parse(out) as { checks: Check[] };
      return {
        code,
        err,
        checks,
        found: (name) => checks.find((one) => one.name === name),
        failures: checks.filter(({ status }) => status === 'failed').map(({ name }) => name),
      };
    },
    async close() {
      await rig.gateway.close();
      base.remove();
    },
  };
  rig.putProgram('kubectl', `echo '{"clientVersion": {"gitVersion": "v1.33.1"}}'`);
  rig.gateway = await start({ key, cert: certificate });
  return rig;
}
