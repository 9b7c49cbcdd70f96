import { parseArgs } from 'node:util';

export const help = `Compares Sallyport with other proxies on this machine, in one run. No figure is asserted.

  npm run bench [-- OPTIONS]

  --quick        short runs and fewer watches, to see that it works
  --only NAME    one part (load, rates, web, watches, http2, stalled-reader, recordings, reload,
                 connectors, kubectl, exec-credential) or one contender
                 (direct, haproxy, node, oauth2-proxy, sallyport,
                 sallyport-with-one-event, sallyport-without-events; of web: http-proxy-middleware,
                 oauth2-proxy-cookie, sallyport-web, sallyport-web-with-one-event); may be repeated
                 rates: latencies at fixed rates, and the cost of a connection of its own for each request
                 http2: watches and requests of clients over HTTP/1.1 and over HTTP/2
                 web: a web application behind Sallyport and behind oauth2-proxy, for a browser that is logged in
  --tree DIR     also the services of another checkout, which must be built (of web, only the proxy); may be repeated
  --rate N       rates: requests a second (default 500, 1000 and 2000); may be repeated
  --rounds N     rounds of the load (default 3)
  --profile      run proxy and authorize under the profiler instead, and show where they spend their time;
                 with --only web, of requests to a web application
  --help         this text

Example: npm run bench -- --only load --only haproxy --only sallyport
Results: a table, and JSON in bench/results/
`;

const parts = [
  'load',
  'rates',
  'web',
  'watches',
  'http2',
  'stalled-reader',
  'recordings',
  'reload',
  'connectors',
  'kubectl',
  'exec-credential',
] as const;
export type Part = (typeof parts)[number];
export type Options = {
  quick: boolean;
  profile: boolean;
  help: boolean;
  rounds: number;
  rates: readonly number[];
  parts: readonly Part[];
  contenders: readonly string[] | undefined;
  trees: readonly string[];
};

/** Reads the arguments. Throws an error with a message for the user. */
export function readOptions(args: readonly string[], contenderNames: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '3' },
      rate: { type: 'string', multiple: true, default: ['500', '1000', '2000'] },
      only: { type: 'string', multiple: true, default: [] },
      tree: { type: 'string', multiple: true, default: [] },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
    throw new Error('--rounds must be a number from 1 to 100.');
  const rates = values.rate.map(Number);
  if (!rates.every((rate) => Number.isInteger(rate) && rate > 0))
    throw new Error('--rate must be a number of requests a second.');
  const isPart = (name: string): name is Part => (parts as readonly string[]).includes(name);
  for (const name of values.only)
    if (!isPart(name) && !contenderNames.includes(name))
      throw new Error(
        `--only ${name}: not a part (${parts.join(', ')}) or a contender (${contenderNames.join(', ')}).`,
      );
  const chosen = values.only.filter(isPart);
  const names = values.only.filter((name) => !isPart(name));
  return {
    quick: values.quick,
    profile: values.profile,
    help: values.help,
    rounds: values.quick ? 1 : rounds,
    rates,
    parts: chosen.length > 0 ? chosen : parts,
    contenders: names.length > 0 ? names : undefined,
    trees: values.tree,
  };
}
