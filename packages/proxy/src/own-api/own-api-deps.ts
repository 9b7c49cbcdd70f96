import type { IncomingMessage } from 'node:http';
import type { CheckAnswer, SallyportPart } from '@sallyport/contracts';
import type { Logger, ServiceClient, SessionTokenVerifier } from '@sallyport/kit';
import type { Logo, Pages } from '@sallyport/pages';
import type { RequestHandler } from 'express';
import type { LandingSettings } from '../landing/landing-settings.ts';
import type { ClientCertificateOf } from '../listener/client-certificate.ts';
import type { ClusterKinds } from '../upstream/cluster-kinds.ts';
import type { FindCaller } from './find-caller.ts';

/** Records one call of the gateway's own API. */
export type AuditCall = {
  /** Refuses if the call could not be recorded. */
  open(): void;
  complete(call: {
    request: IncomingMessage;
    path: string;
    clientAddress: string;
    answer: CheckAnswer | undefined;
    status: number;
    detail: string | undefined;
    explained?: SallyportPart['explained'];
  }): void;
};

/** For Pomerium's clients: what verifies their tokens, and where browsers reach the gateway and the login pages. */
export type PomeriumDeps = { tokens: SessionTokenVerifier; gatewayOrigin: string; loginOrigin: string };

export type OwnApiDeps = {
  /** Scheme, host and port of this listener as browsers and the CLI see it. */
  origin: string;
  findCaller: FindCaller;
  clientAddress(request: IncomingMessage): string;
  clientCertificateOf: ClientCertificateOf;
  authenticate: Pick<ServiceClient, 'request'>;
  audit: Pick<ServiceClient, 'request'>;
  authorize: Pick<ServiceClient, 'request'>;
  /** Passes on the pages of authenticate. */
  pages: RequestHandler;
  /** Sends pages that the gateway has itself. */
  ownPages: Pages;
  logo?: Logo | undefined;
  /** What the page at `/` shows. Without it there is no page. */
  landing?: LandingSettings;
  /** Passes on SCIM requests. Without it there is no address for them. */
  scim?: RequestHandler;
  /** What Pomerium's clients need. Without it their credentials are refused. */
  pomerium?: PomeriumDeps | undefined;
  /** What a cluster reports about its kinds. Undefined for an unknown cluster. */
  kindsOf?(cluster: string): ClusterKinds | undefined;
  clusters(): { name: string; url: string; host?: string }[];
  auditCall: AuditCall;
  logger: Logger;
};
