import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { RouteConfig, TlsProfile } from '@sallyport/contracts';
import { tlsOptions, type Logger } from '@sallyport/kit';
import { followCertificate } from './follow-certificate.ts';

/** The certificates of routes that have their own. */
export type RouteCertificates = {
  contextOf(host: string): SecureContext | undefined;
  /** Replaces the routes. Throws if a certificate cannot be used, and changes nothing then. */
  use(routes: readonly Pick<RouteConfig, 'from' | 'tls'>[]): void;
  close(): void;
};

type Member = { print: string; context: SecureContext; stop(): void };

/** Creates them. The files are followed as those of the gateway are. */
export function createRouteCertificates(deps: {
  resolvePath: (file: string) => string;
  /** The CA of client certificates, PEM. */
  clientCa: string | undefined;
  profile: TlsProfile | undefined;
  logger: Logger;
}): RouteCertificates {
  let members = new Map<string, Member>();
  const contextFor = (pair: { cert?: unknown; key?: unknown }) =>
    createSecureContext({ ...pair, ca: deps.clientCa, ...tlsOptions(deps.profile) } as never);
  const follow = (host: string, files: { certFile: string; keyFile: string }): Member => {
    const member: Member = {
      print: `${files.certFile}\0${files.keyFile}`,
      context: contextFor({ cert: readFileSync(files.certFile, 'utf8'), key: readFileSync(files.keyFile, 'utf8') }),
      stop: () => {},
    };
    const setSecureContext = ({ cert, key }: { cert?: unknown; key?: unknown }) => {
      member.context = contextFor({ cert, key });
    };
    member.stop = followCertificate({ server: { setSecureContext } as never, files, logger: deps.logger });
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
