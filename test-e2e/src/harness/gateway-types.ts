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
  mode: 'processes' | 'embedded';
  /** Entries of `clusters`; `name` is "dev" and `policy` lets developers and sre in unless they say otherwise. */
  clusters: Record<string, unknown>[];
  policy?: unknown;
  apiPolicy?: Record<string, unknown>;
  /** Merged into `sessions`: lifetime, idle. */
  sessions?: Record<string, unknown>;
  /** Merged into `audit`. */
  audit?: Record<string, unknown>;
  /** The gateway asks its clients for certificates of this authority. */
  clientCaFile?: string;
  /** Anything else of sallyport.yaml by its top-level names. */
  more?: Record<string, unknown>;
  people?: readonly Account[];
  /** Servers in place of the run's. */
  servers?: { redis?: string; kafka?: string[]; postgres?: string };
  /** The services to start at once (processes only); all unless said otherwise. */
  only?: readonly ServiceName[];
  /** How many replicas of the gateway there are (processes only); one unless said otherwise. */
  proxies?: number;
  /** Merged into the one entry of `identity.providers`. */
  provider?: Record<string, unknown>;
  /** Entries of `identity.directory.sources`. */
  sources?: Record<string, unknown>[];
  /** False: the OpenID provider is away when the services start. */
  providerUp?: boolean;
};

export type GatewayProcesses = Processes & { restart(name: ServiceName, signal?: NodeJS.Signals): Promise<void> };

/** A running gateway and what belongs to it. */
export type Gateway = {
  mode: GatewayOptions['mode'];
  url: string;
  pagesUrl: string;
  caFile: string;
  caPem: string;
  configFile: string;
  directory: string;
  adminPorts: Record<string, number>;
  /** The address of a cluster, the first one unless named. */
  clusterUrl(name?: string): string;
  /** The OpenID provider in front of the people; `start` brings it back on the same address with new keys. */
  provider: {
    issuer(): string;
    start(): Promise<void>;
    stop(): Promise<void>;
    /** Changes what it knows of a person from now on, or forgets them. */
    change(user: string, changes: Parameters<IdentityProvider['change']>[1]): void;
    /** Every refresh token, id_token and access token that it gave out. */
    issued: readonly string[];
  };
  /** Present with mode "processes". */
  processes?: GatewayProcesses;
  /** The replicas of the gateway besides the first one. */
  moreProxies: readonly MoreProxy[];
  /** Changes the configuration of every service; returns how to put back what it was. */
  reconfigure(change: (config: Record<string, unknown>) => void): () => void;
  redis?: { url: string; client: Redis };
  kafka?: { brokers: string[]; topic: string };
  audit: AuditLog;
  events: AuditLog['all'];
  /** Logs in through the HTML form with plain HTTP; each call is a new session. */
  login(user: string, password?: string): Promise<Login>;
  /** One request to the gateway (`path` from the root); `token` becomes the bearer credential. */
  request(path: string, options?: HttpRequest & { token?: string }): Promise<HttpAnswer>;
  /** Somebody with a home, logged in by the CLI the first time they are asked for. */
  person(user: string): Promise<Person>;
  /** The same without logging in, in a home of their own. */
  stranger(user: string): Promise<Person>;
  cli(args: readonly string[], options: CommandOptions & { home: string }): Promise<CommandResult>;
  kubectl(args: readonly string[], options: CommandOptions & { user: string }): Promise<CommandResult>;
  stop(): Promise<void>;
};
