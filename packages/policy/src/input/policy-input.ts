/** What policy is evaluated over; everything is optional, and what is missing matches nothing. */
export type PolicyInput = {
  readonly user?: UserInput;
  /** Absent: nobody is logged in. */
  readonly session?: SessionInput;
  readonly request?: RequestInput;
  readonly kubernetes?: KubernetesInput;
  /** Names of the elevations that the caller holds now. */
  readonly elevations?: readonly string[];
  /** Records by type, for policies that look something up. */
  readonly records?: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch. */
  readonly now?: number;
};

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
   * How strongly, by which means and when (milliseconds since the epoch) the provider says that the caller was
   * authenticated.
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

/** Certificates in PEM. `valid`: the chain leads to a CA that the gateway trusts for clients. */
export type ClientCertificateInput = {
  readonly presented?: boolean;
  readonly leaf?: string;
  readonly intermediates?: string;
  readonly valid?: boolean;
};

/** The request as the Kubernetes API understands it; the empty string stands for "none", as in the core group. */
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
  /** Whether the kind is namespaced. Absent: what is built in is known, and anything else counts as namespaced. */
  readonly namespaced?: boolean;
  /**
   * False: the API server serves the kind itself, so that a field selector is surely gone by. Absent: what is built in
   * is known, and anything else counts as aggregated.
   */
  readonly aggregated?: boolean;
  /** True: the request creates the object if there is none, as an apply patch does. */
  readonly upsert?: boolean;
  /** True: the request asks to upgrade its connection (WebSocket, SPDY). */
  readonly upgrade?: boolean;
  readonly exec?: {
    readonly container?: string;
    readonly command?: readonly string[];
    readonly tty?: boolean;
    readonly stdin?: boolean;
  };
};
