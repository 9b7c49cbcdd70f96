import type { ServiceName } from '@sallyport/contracts';
import type { IdentityProvider, Person as Account, Processes } from '@sallyport/standalone';
import type { Redis } from 'ioredis';
import type { AuditLog } from './audit-log.ts';
import type { CommandOptions, CommandResult } from './command.ts';
import type { HttpAnswer, HttpRequest } from './http-request.ts';
import type { Login } from './log-in.ts';
import type { MoreProxy } from './more-proxies.ts';
import type { Person } from './person.ts';

export type GatewayOptions = {
  /** The services as processes with Redis, Kafka and PostgreSQL, or as a small installation in this process. */
  mode: 'processes' | 'embedded';
  /** Entries of `clusters`. By default, `name` is "dev" and `policy` allows developers and sre. */
  clusters: Record<string, unknown>[];
  policy?: unknown;
  apiPolicy?: Record<string, unknown>;
  /** Merged into `sessions`: lifetime, idle. */
  sessions?: Record<string, unknown>;
  /** Merged into `audit`. */
  audit?: Record<string, unknown>;
  /** The gateway requests client certificates of this authority. */
  clientCaFile?: string;
  /** Clients may use HTTP/2. */
  http2?: boolean;
  /** Any other top-level settings of sallyport.yaml. */
  more?: Record<string, unknown>;
  people?: readonly Account[];
  /** Servers to use instead of those of the run. */
  servers?: {
    redis?: string;
    kafka?: string[];
    postgres?: string;
    /** By default a new topic, which the gateway creates. */
    topic?: string;
    /** How the gateway itself reaches Kafka (`brokers`, `tls`, `sasl`), if not like the test. */
    kafkaLogin?: Record<string, unknown>;
  };
  /** The services to start (processes only). By default, all. */
  only?: readonly ServiceName[];
  /** Environment variables of the services (processes only). */
  environment?: Record<string, string>;
  /** The value of a message that the test writes to the topic of the audit trail, and that is not an event. */
  foreignMessage?: string;
  /** The number of replicas of the gateway (processes only). By default, one. */
  proxies?: number;
  /** Each further replica of the gateway has an authorize of its own. By default, all share one. */
  ownAuthorize?: boolean;
  /** Merged into the entry of `identity.providers`. */
  provider?: Record<string, unknown>;
  /** Entries of `identity.directory.sources`. */
  sources?: Record<string, unknown>[];
  /** If false, the OpenID provider is down when the services start. */
  providerUp?: boolean;
};

export type GatewayProcesses = Processes & { restart(name: ServiceName, signal?: NodeJS.Signals): Promise<void> };

/** A running gateway with its stores, its provider and its users. */
export type Gateway = {
  mode: GatewayOptions['mode'];
  url: string;
  pagesUrl: string;
  caFile: string;
  caPem: string;
  configFile: string;
  directory: string;
  adminPorts: Record<string, number>;
  /** Returns the URL of a cluster, by default the first one. */
  clusterUrl(name?: string): string;
  /** The OpenID provider of the people. `start` starts it again on the same address with new keys. */
  provider: {
    issuer(): string;
    start(): Promise<void>;
    stop(): Promise<void>;
    /** Changes a person, or removes them. */
    change(user: string, changes: Parameters<IdentityProvider['change']>[1]): void;
    /** Every refresh token, ID token and access token that it issued. */
    issued: readonly string[];
  };
  /** Set in mode "processes". */
  processes?: GatewayProcesses;
  /** The additional replicas of the gateway. */
  moreProxies: readonly MoreProxy[];
  /** Changes the configuration of every service. Returns a function that restores it. */
  reconfigure(change: (config: Record<string, unknown>) => void): () => void;
  redis?: { url: string; client: Redis };
  kafka?: { brokers: string[]; topic: string };
  postgres?: { url: string };
  audit: AuditLog;
  events: AuditLog['all'];
  /** Logs in through the HTML form with plain HTTP. Each call creates a session. See `logIn` about `once`. */
  login(user: string, options?: { password?: string; once?: boolean }): Promise<Login>;
  /** Sends a request to the gateway (`path` from the root). `token` is the bearer token. */
  request(path: string, options?: HttpRequest & { token?: string }): Promise<HttpAnswer>;
  /** Returns a person with a home directory, logged in by the CLI at the first call. */
  person(user: string): Promise<Person>;
  /** Returns a person who is not logged in, with a separate home directory. */
  stranger(user: string): Promise<Person>;
  cli(args: readonly string[], options: CommandOptions & { home: string }): Promise<CommandResult>;
  kubectl(args: readonly string[], options: CommandOptions & { user: string }): Promise<CommandResult>;
  stop(): Promise<void>;
};
