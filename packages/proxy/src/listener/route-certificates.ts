import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { RouteConfig, TlsProfile } from '@sallyport/contracts';
import { tlsOptions, type Logger } from '@sallyport/kit';
import { followCertificate, requireMatchingKey } from './follow-certificate.ts';

/** The certificates of routes that have their own. */
export type RouteCertificates = {
  contextOf(host: string): SecureContext | undefined;
  /** Replaces the routes. Throws if a certificate cannot be used, and changes nothing then. */
  use(routes: readonly Pick<RouteConfig, 'from' | 'tls'>[]): void;
  close(): void;
};

type Member = { print: string; context: SecureContext; stop(): void };

/** Creates the certificates of routes. Their files are followed as those of the gateway are. */
export function createRouteCertificates(deps: {
  resolvePath: (file: string) => string;
  /** The CA of client certificates. It is followed too. */
  clientCaFile: string | undefined;
  profile: TlsProfile | undefined;
  logger: Logger;
  /** How often the files are looked at, in milliseconds. */
  everyMs?: number;
}): RouteCertificates {
  let members = new Map<string, Member>();
  const { clientCaFile } = deps;
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file, 'utf8'));
  const contextFor = (parts: { cert?: unknown; key?: unknown; ca?: unknown }) =>
    createSecureContext({ ...parts, ...tlsOptions(deps.profile) } as never);
  const follow = (host: string, files: { certFile: string; keyFile: string }): Member => {
    const cert = read(files.certFile)!;
    const key = read(files.keyFile)!;
    requireMatchingKey(cert, key);
    const member: Member = {
      print: `${files.certFile}\0${files.keyFile}`,
      context: contextFor({ cert, key, ca: read(clientCaFile) }),
      stop: () => {},
    };
    const setSecureContext = (renewed: SecureContextOptions) => {
      member.context = contextFor({ cert: renewed.cert, key: renewed.key, ca: renewed.ca });
    };
    ({ stop: member.stop } = followCertificate({
      server: { setSecureContext },
      files: { ...files, clientCaFile },
      logger: deps.logger,
      everyMs: deps.everyMs,
    }));
    return member;
  };
  return {
    contextOf: (host) => members.get(host)?.context,
    use(routes) {
      const next = new Map<string, Member>();
      try {
        for (const { from, tls } of routes) {
          if (tls == null) continue;
          const host = new URL(from).hostname;
          const files = { certFile: deps.resolvePath(tls.certFile), keyFile: deps.resolvePath(tls.keyFile) };
          const known = members.get(host);
          next.set(host, known?.print === `${files.certFile}\0${files.keyFile}` ? known : follow(host, files));
        }
      } catch (error) {
        for (const [host, member] of next) if (members.get(host) !== member) member.stop();
        throw error;
      }
      for (const [host, member] of members) if (next.get(host) !== member) member.stop();
      members = next;
    },
    close() {
      for (const { stop } of members.values()) stop();
    },
  };
}
