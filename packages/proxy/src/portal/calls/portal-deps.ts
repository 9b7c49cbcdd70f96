import type { IncomingMessage } from 'node:http';
import type { AuditTicket } from '@sallyport/audit-log';
import type {
  Change,
  CheckAnswer,
  Impersonation,
  RecordingRow,
  SallyportPart,
  WorkloadConfig,
} from '@sallyport/contracts';
import type { Logger, ServiceClient, SessionTokenVerifier, Span } from '@sallyport/kit';
import type { Logo, Pages, ShownGateway } from '@sallyport/pages';
import type { RequestHandler } from 'express';
import type { ReviewedRules } from '../../access-review/read-review.ts';
import type { ConnectorState } from '../../connectors/connector-states.ts';
import type { Downloads } from '../../downloads/open-downloads.ts';
import type { ClientCertificateOf } from '../../listener/client-certificate.ts';
import type { Signed } from '../../web-identity/open-web-identity.ts';
import type { ClusterKinds } from '../../upstream/cluster-kinds.ts';
import type { WorkloadSessions } from '../../workloads/workload-sessions.ts';
import type { FindCaller } from './find-caller.ts';

/** What the page at `/` shows of the configuration. */
export type LandingSettings = ShownGateway & {
  /** The origin of the login pages, where browsers have their session. */
  loginOrigin: string;
  /** What people call an identity provider. */
  providerName(id: string): string;
  now(): number;
};

/** A recording that a call shows, and what the caller shows it with. */
export type ViewedRecording = { recording: RecordingRow; by: string | undefined };

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
    viewed?: ViewedRecording | undefined;
  }): AuditTicket;
  /** See AuditSink. */
  written?: ((ticket: AuditTicket) => Promise<void> | undefined) | undefined;
};

/** For Pomerium's clients: what verifies their tokens, and where browsers reach the gateway and the login pages. */
export type PomeriumDeps = { tokens: SessionTokenVerifier; gatewayOrigin: string; loginOrigin: string };

/** A cluster, the name of its connector if it has one, and the protocol of its watches if it is known. */
export type ListedCluster = { name: string; url: string; host?: string; connector?: string; watches?: string };

export type PortalDeps = {
  /** Scheme, host and port of this listener as browsers and the CLI see it. */
  origin: string;
  findCaller: FindCaller;
  clientAddress(request: IncomingMessage): string;
  clientCertificateOf: ClientCertificateOf;
  authenticate: Pick<ServiceClient, 'request'>;
  audit: Pick<ServiceClient, 'request' | 'stream'>;
  /** How often it is checked whether a caller may still follow the audit trail, in milliseconds. */
  recheckMs?: number;
  authorize: Pick<ServiceClient, 'request'>;
  /** Passes on what authenticate answers: the pages of logins, and what programs exchange there. */
  toAuthenticate: RequestHandler;
  /** Sends pages that the gateway has itself. */
  ownPages: Pages;
  logo?: Logo | undefined;
  /** What the page at `/` shows. */
  landing: LandingSettings;
  /** Where users get the command line. Without it, from the operator. */
  downloads?: Downloads | undefined;
  /** Passes on SCIM requests. Without it there is no address for them. */
  scim?: RequestHandler;
  /** Passes on what the API servers of clusters send to the audit service. Without it there is no address for it. */
  auditWebhook?: RequestHandler;
  /** The keys that verify identities at web applications. Undefined if there are none. */
  identityKeys?: Pick<Signed, 'keys' | 'answerKeys'> | undefined;
  /** What Pomerium's clients need. Without it their credentials are refused. */
  pomerium?: PomeriumDeps | undefined;
  /** What a cluster reports about its kinds. Undefined for an unknown cluster. */
  kindsOf?(cluster: string): ClusterKinds | undefined;
  /** Finds the origin of a web application by its host name. Without it there is none. */
  routeOrigin?(host: string): string | undefined;
  /** The web applications. Without it there are none. */
  applications?(): readonly { host: string; origin: string; name: string | undefined }[];
  /** What a cluster answers about the rights of a person. Without it, a dry run does not compare them. */
  rulesOfPerson?(
    cluster: string,
    person: { impersonation: Impersonation; namespace: string },
  ): Promise<ReviewedRules | undefined>;
  /** Begins the sessions of workloads. Without it their tokens are refused. */
  workloads?: WorkloadSessions | undefined;
  /** Begins the span of a request that is traced. Without it none is. */
  beginSpan?: ((request: IncomingMessage) => Span | undefined) | undefined;
  clusters(): ListedCluster[];
  /** Calls back for what authorize announces. Without it nothing is. Returns a function that unsubscribes. */
  onChange?(listener: (change: Change) => void): () => void;
  /** The states of connectors. Without it there are none. */
  connectorStates?(): Promise<ConnectorState[]>;
  /** The workloads of the configuration. Without it there are none. */
  workloadEntries?: readonly WorkloadConfig[];
  auditCall: AuditCall;
  logger: Logger;
};
