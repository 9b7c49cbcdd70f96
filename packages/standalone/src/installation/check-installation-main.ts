// Run by `helm test`.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { checkInstallation } from './check-installation.ts';

const usage = `Usage: check-installation --gateway URL --url URL --cluster NAME [--certificate FILE] [--service NAME=URL ...]

Asks every service of an installation from inside of its cluster. The exit code is 0 if everything is as it should be.

  --gateway URL       the gateway's Service
  --url URL           gateway.url
  --cluster NAME      the cluster that a request is made for
  --certificate FILE  the gateway's certificate, if it is in a Secret
  --service NAME=URL  another service
  --ca NAME=FILE      the authority of a service with TLS
  --help              show this help

Example:
  check-installation --gateway https://sallyport-proxy --url https://gate.example.com --certificate tls.crt \\
    --cluster home --service audit=http://sallyport-audit:4182
`;

function pairs(texts: readonly string[], option: string): Map<string, string> {
  return new Map(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new Error(`${option} ${text}: write it like NAME=VALUE`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

const many = { type: 'string', multiple: true, default: [] as string[] } as const;

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      gateway: { type: 'string' },
      url: { type: 'string' },
      certificate: { type: 'string' },
      cluster: { type: 'string' },
      service: many,
      ca: many,
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const needed = (option: 'gateway' | 'url' | 'cluster') => {
    const value = values[option];
    if (value === undefined) throw new Error(`--${option} is required`);
    return value;
  };
  const authorities = pairs(values.ca, '--ca');
  const findings = await checkInstallation({
    gateway: needed('gateway'),
    url: needed('url'),
    ...(values.certificate === undefined ? {} : { certificatePem: readFileSync(values.certificate, 'utf8') }),
    cluster: needed('cluster'),
    services: [...pairs(values.service, '--service')].map(([name, url]) => {
      const file = authorities.get(name);
      return { name, url, ...(file === undefined ? {} : { caPem: readFileSync(file, 'utf8') }) };
    }),
  });
  for (const { asked, fault } of findings)
    process.stdout.write(fault === undefined ? `ok      ${asked}\n` : `FAILED  ${asked}\n        ${fault}\n`);
  if (findings.some(({ fault }) => fault !== undefined)) process.exitCode = 1;
}

try {
  await run();
} catch (error) {
  process.stderr.write(`check-installation: ${(error as Error).message}\n`);
  process.exitCode = 2;
}
