import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@jest/globals';
import { parse } from 'yaml';
import type { Rig } from './rig.ts';

type Finding = { path: string; line?: number; column?: number; message: string; instead?: string; reference?: string };
type Report = {
  ok: boolean;
  config: string;
  out?: string;
  clusters: { from: string; name: string; host?: string; server: string }[];
  routes: { from: string; url: string; to: string }[];
  secrets: Finding[];
  notes: Finding[];
  notCarried: Finding[];
  faults: Finding[];
};
type Cluster = Record<string, unknown> & { name: string; policy: Record<string, unknown>[] };
export type Config = {
  gateway: Record<string, unknown>;
  sessions?: unknown;
  identity?: { providers: Record<string, unknown>[] };
  clusters: Cluster[];
  routes?: Record<string, unknown>[];
};

/** Writes the configuration that is to be imported. */
export function putSource(rig: Rig, text: string): void {
  writeFileSync(path.join(rig.directory, 'pomerium.yaml'), text);
}

/** Imports that configuration and returns the report, with the resulting configuration parsed. */
export async function importSource(rig: Rig): Promise<Report & { parsed: Config }> {
  const { code, out, err } = await rig.run('config', 'import', 'pomerium.yaml', '-o', 'json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const report = JSON.parse(out) as Report;
  return { ...report, parsed: parse(report.config) as Config };
}

/** Returns a Pomerium configuration with one Kubernetes route, which has these lines as well. */
export const route = (...lines: string[]) =>
  [
    'authenticate_service_url: https://login.corp.test',
    'routes:',
    '  - from: https://dev.corp.test',
    '    to: https://10.0.0.1:6443',
    '    kubernetes_service_account_token_file: /t',
    ...lines.map((line) => `    ${line}`),
  ].join('\n');
