import type { OnCallUser } from '@sallyport/contracts';

/** The input of an evaluation. Everything is optional, and what is missing matches nothing. */
export type PolicyInput = {
  readonly user?: UserInput;
  /** Absent if the caller is not logged in. */
  readonly session?: SessionInput;
  readonly request?: RequestInput;
  readonly kubernetes?: KubernetesInput;
  /** Names of the caller's current elevations. */
  readonly elevations?: readonly string[];
  /** Who is on call, by the name of the list. A list that is missing is not known. */
  readonly onCall?: OnCallInput;
  /** The name of the service account that the caller asks to create. */
  readonly serviceAccount?: string;
  /** Records by type, for the criterion `record`. */
  readonly records?: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch. */
  readonly now?: number;
};

export type OnCallInput = Readonly<Record<string, OnCallListInput>>;

/** The users of one list. From `knownUntil` on it is not known any more. Times are milliseconds since the epoch. */
type OnCallListInput = { readonly users: readonly OnCallUser[]; readonly knownUntil?: number };

export type UserInput = {
  readonly id?: string;
  readonly email?: string;
  readonly groups?: readonly string[];
  readonly claims?: Readonly<Record<string, unknown>>;
};

export type SessionInput = {
  readonly id?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
  /**
   * The authentication context class, the methods and the time (milliseconds since the epoch) of the authentication at
   * the provider.
   */
  readonly acr?: string;
  readonly amr?: readonly string[];
  readonly authTime?: number;
};

export type RequestInput = {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly ip?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly clientCertificate?: ClientCertificateInput;
};

/** Certificates in PEM. `valid`: the chain leads to a client CA that the gateway trusts. */
export type ClientCertificateInput = {
  readonly presented?: boolean;
  readonly leaf?: string;
  readonly intermediates?: string;
  readonly valid?: boolean;
};

/** The request as the Kubernetes API understands it. The empty string means "none", as for the core group. */
export type KubernetesInput = {
  readonly cluster?: string;
  readonly verb?: string;
  readonly requestVerb?: string;
  readonly isResourceRequest?: boolean;
  readonly path?: string;
  readonly apiGroup?: string;
  readonly apiVersion?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly dryRun?: boolean;
  /** Whether the kind is namespaced. If absent, built-in kinds are known and others count as namespaced. */
  readonly namespaced?: boolean;
  /**
   * False if the API server serves the kind itself, so that it certainly applies a field selector. If absent, built-in
   * kinds are known and others count as aggregated.
   */
  readonly aggregated?: boolean;
  /** True if the request creates the object if it does not exist, as an apply patch does. */
  readonly upsert?: boolean;
  /** True if the request asks to upgrade its connection (WebSocket, SPDY). */
  readonly upgrade?: boolean;
  /** Whom the request asks to act as: `user:<name>`, `group:<name>` and the like. Absent for a request as oneself. */
  readonly impersonate?: readonly string[];
  readonly exec?: {
    readonly container?: string;
    readonly command?: readonly string[];
    readonly tty?: boolean;
    readonly stdin?: boolean;
  };
};

/** Reports whether the request has a live session. Only then does the user count. */
export function isLoggedIn(input: PolicyInput): boolean {
  return input.session != null && input.session.id !== '';
}
